"""Ground: users, the door, and the PMO's own appointments."""
