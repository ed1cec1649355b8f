"""The pages of the door, and of one's own sign-in."""
