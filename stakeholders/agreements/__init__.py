"""The two-sided agreements: written, signed by both, kept."""
