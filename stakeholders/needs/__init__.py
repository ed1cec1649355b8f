"""What an area needs from the PMO, in its own words."""
