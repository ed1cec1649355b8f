"""Who has read what of the mandate, who has not, and what a person could still read; writes nothing."""

from stakeholders.understanding.reading.asked import (
    Question,
    overdue,
    question,
    readers,
    states,
    still_open,
    wanted_readers,
)
from stakeholders.understanding.reading.lists import (
    Line,
    areas_to_choose,
    cell,
    line,
    records,
    table,
    who_is_asked,
    with_roles,
)
from stakeholders.understanding.reading.own import Own, of_reader, open_for, own
from stakeholders.understanding.reading.since import changed_since

__all__ = [
    "Line",
    "Own",
    "Question",
    "areas_to_choose",
    "cell",
    "changed_since",
    "line",
    "of_reader",
    "open_for",
    "overdue",
    "own",
    "question",
    "readers",
    "records",
    "states",
    "still_open",
    "table",
    "wanted_readers",
    "who_is_asked",
    "with_roles",
]
