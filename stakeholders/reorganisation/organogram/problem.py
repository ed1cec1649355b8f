"""Something odd in a file: the line it stands on, and in words what it is."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

SHOWN = 60


@dataclass(frozen=True, order=True)
class Problem:
    """One finding. Line 0 means the file as a whole."""

    line: int
    words: str

    def __str__(self) -> str:
        return _("Line %(line)d: %(words)s") % {"line": self.line, "words": self.words} if self.line else self.words


def short(text: str) -> str:
    """A value from the file as it is repeated to a person: its beginning, where it is long."""
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
