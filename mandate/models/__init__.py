"""The mandate: versions of structured parts, sealed by hash, approved for that hash, live by query."""

from mandate.models.cells import PLACEHOLDER, Cell, Missing, new_key, same_words, tidy
from mandate.models.decisions import (
    Approval,
    Cancellation,
    Decision,
    Proclaimed,
    Publication,
    Revocation,
    SentBack,
    Untold,
    Withdrawal,
)
from mandate.models.parts import Clause, DecisionStep, Measure, Objective, Part, Power, Service
from mandate.models.suggestions import Suggestion
from mandate.models.versions import FORMAT, Mandate, MandateVersion

__all__ = [
    "FORMAT",
    "PLACEHOLDER",
    "Approval",
    "Cancellation",
    "Cell",
    "Clause",
    "Decision",
    "DecisionStep",
    "Mandate",
    "MandateVersion",
    "Measure",
    "Missing",
    "Objective",
    "Part",
    "Power",
    "Proclaimed",
    "Publication",
    "Revocation",
    "SentBack",
    "Service",
    "Suggestion",
    "Untold",
    "Withdrawal",
    "new_key",
    "same_words",
    "tidy",
]
