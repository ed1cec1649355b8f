"""Versions of the mandate that no database knows, for what only reads them."""

from typing import Any

from mandate.models import MandateVersion


def version(number: int = 1, texts: dict[str, Any] | None = None, **lists: list[dict[str, Any]]) -> MandateVersion:
    """A version that says these things, each row by its facts; it is asked like one that came with its parts."""
    made = MandateVersion(pk=number, number=number, **(texts or {}))
    made._prefetched_objects_cache = {}
    for part in MandateVersion.LISTS:
        model = MandateVersion._meta.get_field(part).related_model
        rows = [model(position=place, **facts) for place, facts in enumerate(lists.get(part, []), 1)]
        made._prefetched_objects_cache[part] = rows
    return made


def clause(key: str, text: str = "", kind: str = "does", **more: Any) -> dict[str, Any]:
    return {"key": key, "kind": kind, "text": text or f"Words of {key}.", **more}
