"""An organisation comes in from a file."""
