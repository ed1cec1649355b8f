"""Whether PDFs can be made here, and how far one is; writes nothing."""

import ctypes
from functools import cache
from typing import Any

from pmo_portal.common.models import sha256_of
from pmo_portal.paper.models import Sheet

# Pango by its names on Linux and macOS: WeasyPrint is a Python package, this comes with the system.
PANGO = ("libpango-1.0.so.0", "libpango-1.0.dylib", "/opt/homebrew/lib/libpango-1.0.dylib", "libpango-1.0-0")


@cache
def can_make() -> bool:
    """The system has what it takes to set type; asked once, and the worker's word counts more."""
    for name in PANGO:
        try:
            ctypes.CDLL(name)
        except OSError:
            continue
        return True
    return False


def source(html: str, styles: list[str]) -> dict[str, Any]:
    """What is to be on paper, as `actions.order` takes it."""
    return {"html": html, "styles": styles}


def key_of(source: dict[str, Any]) -> str:
    """The key of the sheet: the same words in the same look are the same sheet."""
    return sha256_of(source)


def sheet_of(source: dict[str, Any]) -> Sheet | None:
    """The sheet as far as it is; None when nobody has asked for it."""
    return Sheet.objects.filter(key=key_of(source)).defer("source").first()
