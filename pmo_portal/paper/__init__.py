"""Pages on paper: HTML that a room has written becomes a PDF, in a worker and within limits."""
