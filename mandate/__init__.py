"""What the PMO is for. Knows no stakeholder."""
