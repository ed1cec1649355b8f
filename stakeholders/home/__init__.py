"""The first page, by role, and one's own page."""
