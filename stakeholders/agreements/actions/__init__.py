"""The verbs of an agreement: write and share a draft, answer with other words, sign; and keep promises."""

from stakeholders.agreements.actions.answer import change_words, take_all_back, take_back
from stakeholders.agreements.actions.draft import (
    add_words,
    leave_note,
    remind,
    remove_row,
    revise,
    save_draft,
    share,
    start,
)
from stakeholders.agreements.actions.promises import move_promise
from stakeholders.agreements.actions.signing import counter, countersign, decline, propose, withdraw

__all__ = [
    "add_words",
    "change_words",
    "counter",
    "countersign",
    "decline",
    "leave_note",
    "move_promise",
    "propose",
    "remind",
    "remove_row",
    "revise",
    "save_draft",
    "share",
    "start",
    "take_all_back",
    "take_back",
    "withdraw",
]
