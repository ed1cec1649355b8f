"""What a document would make of the draft, before anything is kept; writes nothing."""

from typing import Any

from django.utils.translation import gettext as _

from mandate.models import MandateVersion
from mandate.reading.editor import PART_TITLES
from pmo_portal.common.models import sha256_of


def incoming_page(document: dict[str, Any], found: Any, standing: MandateVersion | None) -> dict[str, Any]:
    """The parts with how much is in each, what is wrong, what is left out, and the draft that would go."""
    return {
        "number": document.get("number") if isinstance(document.get("number"), int) else None,
        "is_changed": sha256_of(document["content"]) != document.get("hash"),
        "problems": found.problems,
        "unknown": found.unknown,
        "purpose": found.texts.get("purpose", ""),
        "parts": [
            {"label": PART_TITLES.get(part, part), "value": len(rows) or _("nothing")}
            for part, rows in found.rows.items()
        ],
        "standing": standing,
        "seen": standing.fingerprint() if standing else "",
    }
