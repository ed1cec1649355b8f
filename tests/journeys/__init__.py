"""A few long walks through the portal, in a real browser and against real processes."""
