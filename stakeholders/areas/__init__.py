"""Business areas, in a tree, with dates."""
