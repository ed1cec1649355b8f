"""Letters on a schedule: what changed for this person."""
