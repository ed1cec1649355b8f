"""What a file, or rows that were pasted, would do to what stands, and that in words; writes nothing."""

from stakeholders.reorganisation.reading.pasted import Line, Paste, paste
from stakeholders.reorganisation.reading.plan import Plan, plan
from stakeholders.reorganisation.reading.roles import Begin, End
from stakeholders.reorganisation.reading.shown import brought, preview
from stakeholders.reorganisation.reading.standing import IMPORTED, Standing, standing
from stakeholders.reorganisation.reading.told import lines, summary

__all__ = [
    "IMPORTED", "Begin", "End", "Line", "Paste", "Plan", "Standing", "brought", "lines", "paste", "plan", "preview",
    "standing", "summary",
]  # fmt: skip
