"""A cell's text as it is kept: one line, single spaces, nothing invisible that steers a screen."""

import unicodedata

# Zero width, and the marks that turn the direction of all that follows. Those that belong to a script
# (joiners, the plain left-to-right and right-to-left marks) stay.
STRAY = frozenset("\u200b\ufeff\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def tidy(text: str) -> str:
    """The text in NFC, without stray characters, with single spaces."""
    return " ".join(unicodedata.normalize("NFC", "".join(c for c in text if not is_stray(c))).split())


def has_stray(text: str) -> bool:
    """It holds a character that nobody sees and that says something to a machine only."""
    return any(map(is_stray, text))


def has_odd_spaces(text: str) -> bool:
    """It holds double spaces, line breaks, or spaces at an end."""
    return " ".join(text.split()) != text


def is_stray(character: str) -> bool:
    """A control character, or one of the stray ones."""
    return character in STRAY or (unicodedata.category(character) == "Cc" and not character.isspace())
