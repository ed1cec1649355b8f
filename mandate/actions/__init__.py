"""The verbs of the mandate: write a draft, decide on a version, suggest other words and answer."""

from mandate.actions.draft import add_clauses, add_words, move_part, remove_part, save_part, start_draft
from mandate.actions.sign_off import LONGEST_LETTER, approve, issue, number_clauses, publish, remind, seal, send_back
from mandate.actions.suggestions import answer, suggest, take_back

__all__ = [
    "LONGEST_LETTER",
    "add_clauses",
    "add_words",
    "answer",
    "approve",
    "issue",
    "move_part",
    "number_clauses",
    "publish",
    "remind",
    "remove_part",
    "save_part",
    "seal",
    "send_back",
    "start_draft",
    "suggest",
    "take_back",
]
