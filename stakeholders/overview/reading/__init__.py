"""What an area's page, the reader's mandate page and the pages around publishing show; writes nothing."""

from stakeholders.overview.reading.matrix import matrix
from stakeholders.overview.reading.meanings import (
    alone,
    clause_means,
    helps_here,
    how_many_to_look_at,
    seen_from,
    to_write,
    what_changed,
)
from stakeholders.overview.reading.pages import (
    LATELY,
    area_page,
    areas,
    clause_address,
    example_reader,
    last_read,
    lately,
    meaning_for,
    person_of,
    signatures,
    tasks,
    was,
    who_is_told,
    why_told,
)
from stakeholders.overview.reading.touches import touches

__all__ = [
    "LATELY",
    "alone",
    "area_page",
    "areas",
    "clause_address",
    "clause_means",
    "example_reader",
    "helps_here",
    "how_many_to_look_at",
    "last_read",
    "lately",
    "matrix",
    "meaning_for",
    "person_of",
    "seen_from",
    "signatures",
    "tasks",
    "to_write",
    "touches",
    "was",
    "what_changed",
    "who_is_told",
    "why_told",
]
