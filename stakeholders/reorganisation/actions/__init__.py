"""Bringing areas and people in, all of them or none: from an organogram file, or from rows that were pasted."""

from stakeholders.reorganisation.actions.imported import Progress, bring_in, refuse_example
from stakeholders.reorganisation.actions.pasted import bring_rows_in

__all__ = ["Progress", "bring_in", "bring_rows_in", "refuse_example"]
