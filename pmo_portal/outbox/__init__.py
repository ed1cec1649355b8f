"""Ground: the one post room. No other place sends mail."""
