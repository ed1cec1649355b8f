"""The press: a process of its own that makes one PDF within limits, and knows neither Django nor the database.

Reads JSON with `html` and `styles` from its input and writes the PDF to its output. Nothing is fetched: whatever
the document asks for beside data of its own is refused. It is run by its path, and imports none of ours.
"""

import json
import resource
import sys
from contextlib import suppress
from typing import Any

try:
    from weasyprint import CSS, HTML
    from weasyprint.urls import URLFetcher
except (ImportError, OSError):  # the package, or Pango beneath it
    HTML = None

SECONDS = 30  # of computing; the caller gives up a little later
BYTES = 1024 * 1024 * 1024  # of address space
# What was in the way, as the exit code tells it.
NO_LIBRARY, NO_MEMORY = 3, 4


def confine() -> None:
    """No more memory and time than a document needs, and no memory written to disk; where the system has limits."""
    for kind, most in ((resource.RLIMIT_CPU, SECONDS), (resource.RLIMIT_AS, BYTES), (resource.RLIMIT_CORE, 0)):
        with suppress(ValueError, OSError):
            resource.setrlimit(kind, (most, most))


def pdf_of(order: dict[str, Any]) -> bytes:
    """The PDF of a document; with tags, so that a screen reader finds headings, lists and tables."""
    fetcher = URLFetcher(allowed_protocols=["data"])
    styles = [CSS(string=text, url_fetcher=fetcher) for text in order["styles"]]
    return bytes(HTML(string=order["html"], url_fetcher=fetcher).write_pdf(stylesheets=styles, pdf_tags=True))


def main() -> int:
    """Make one; the exit code says what was in the way."""
    confine()
    if HTML is None:
        return NO_LIBRARY
    try:
        sys.stdout.buffer.write(pdf_of(json.load(sys.stdin)))
    except MemoryError:
        return NO_MEMORY
    return 0


if __name__ == "__main__":
    sys.exit(main())
