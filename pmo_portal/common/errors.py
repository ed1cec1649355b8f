"""The refusals that a person can be told."""

from typing import Any


class Refusal(Exception):
    """Something was not done; the message is fit for the person who tried.

    `missing` carries the list of what is not there yet, where the refusal is a list.
    """

    def __init__(self, message: Any, missing: list[Any] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.missing = missing or []

    def __str__(self) -> str:
        return str(self.message)


class RuleBroken(Refusal):
    """A rule of the business refuses; shown where the person can mend it."""


class Stale(Refusal):
    """What the person saw is not what stands now; shown as a 409 page, and nothing was changed."""


class Overtaken(Stale):
    """Somebody else saved the same words meanwhile; shown with both wordings, so that nothing is lost."""


class NotAllowed(Refusal):
    """This person may not do this; shown as a 403 page."""


class TooOften(Refusal):
    """Asked again and again in a short while; shown as a 429 page, and nothing was done."""
