"""Whom the PMO works with, and their roles with dates."""
