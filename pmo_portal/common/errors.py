"""The refusals that a person can be told."""

from typing import Any


class RuleBroken(Exception):
    """A rule of the business refuses; the message is fit for the person who tried.

    `missing` carries the list of what is not there yet, where the refusal is a list.
    """

    def __init__(self, message: Any, missing: list[Any] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.missing = missing or []

    def __str__(self) -> str:
        return str(self.message)


class Stale(RuleBroken):
    """What the person saw is not what stands now; shown as a 409 page, and nothing was changed."""


class NotAllowed(RuleBroken):
    """This person may not do this; shown as a 403 page."""
