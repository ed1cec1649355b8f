"""Pages that show an area whole, and the mandate as readers see it and before they do."""
