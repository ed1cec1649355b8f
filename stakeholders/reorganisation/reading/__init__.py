"""What a file would do to what stands, and that in words; writes nothing."""

from stakeholders.reorganisation.reading.plan import Plan, plan
from stakeholders.reorganisation.reading.roles import Begin, End
from stakeholders.reorganisation.reading.standing import IMPORTED, Standing, standing
from stakeholders.reorganisation.reading.told import lines, summary

__all__ = ["IMPORTED", "Begin", "End", "Plan", "Standing", "lines", "plan", "standing", "summary"]
