"""Every route that the resolver knows."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, get_resolver


@dataclass(frozen=True)
class Route:
    """One route: the name by which tables know it (its pattern where it has none), and its view."""

    name: str
    pattern: str
    view: Any

    @property
    def is_admin(self) -> bool:
        return self.pattern.startswith("admin/")


def routes() -> list[Route]:
    """All of them, in the resolver's order."""
    return list(_walk(get_resolver().url_patterns, "", ""))


def _walk(patterns: list[Any], before: str, space: str) -> Iterator[Route]:
    for each in patterns:
        whole = before + str(each.pattern)
        if isinstance(each, URLPattern):
            name = f"{space}:{each.name}" if space else each.name
            yield Route(name if each.name else whole, whole, each.callback)
        else:
            yield from _walk(each.url_patterns, whole, ":".join(filter(None, (space, each.namespace))))
