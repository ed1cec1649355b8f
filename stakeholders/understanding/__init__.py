"""What people have read of the mandate."""
