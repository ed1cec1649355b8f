"""The forms of the door, and of second factors."""
