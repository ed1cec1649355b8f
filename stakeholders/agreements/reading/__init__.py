"""What the pages of an agreement show; writes nothing."""

from stakeholders.agreements.notices import ASKING as ASKED_BY
from stakeholders.agreements.reading.changes import changed_rows, frame_changes, left_out
from stakeholders.agreements.reading.lines import (
    period,
    promise_line,
    row_line,
    signatures,
    status,
    steps,
    words_to_start_from,
)
from stakeholders.agreements.reading.offers import open_for
from stakeholders.agreements.reading.pages import page, sign_page

__all__ = [
    "ASKED_BY",
    "changed_rows",
    "frame_changes",
    "left_out",
    "open_for",
    "page",
    "period",
    "promise_line",
    "row_line",
    "sign_page",
    "signatures",
    "status",
    "steps",
    "words_to_start_from",
]
