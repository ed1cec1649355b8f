"""The pages of writing and issuing the mandate."""
