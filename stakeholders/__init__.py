"""Whom the PMO serves: areas, people, needs, agreements, and what they see."""
