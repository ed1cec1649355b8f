"""Words as they are kept and compared, the place they stand in, and what is missing there."""

import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mandate.models.parts import Part


def new_key() -> str:
    """A key that a clause keeps in every version."""
    return secrets.token_hex(6)


# A place held for the reader's own words.
PLACEHOLDER = re.compile(r"\[[^\[\]\n]{1,80}\]")


def same_words(text: str) -> str:
    """A text as it is compared with another: spaces, capitals and the last full stop make no difference."""
    return " ".join(text.split()).casefold().rstrip(".")


def tidy(text: str) -> str:
    """Words as they are kept: one kind of line end, nothing around them, no sign that a database refuses."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "").strip()


@dataclass(frozen=True)
class Missing:
    """One thing that a version still lacks before review: the part, row and field it belongs to, and words."""

    part: str
    words: Any
    row: "Part | None" = None
    field: str = ""

    def __str__(self) -> str:
        return str(self.words)


@dataclass(frozen=True)
class Cell:
    """One place of a sealed version that holds words: a text of its own, or a field of one of its rows.

    A clause is found by its key. Objectives and services have none: they are found by their place in the list,
    counted from 1, which stays true because the rows of a sealed version never change.
    """

    part: str
    row: str
    field: str

    @property
    def place(self) -> str:
        """The thing that it belongs to, as it stands in an address: a text by its name, a row by part and key."""
        return f"{self.part}-{self.row}" if self.part else self.field
