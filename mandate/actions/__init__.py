"""The verbs of the mandate: write a draft, decide on a version, suggest other words and answer."""

from mandate.actions.draft import (
    add_clauses,
    add_words,
    keep_both,
    move_part,
    move_path,
    remove_part,
    save_part,
    start_draft,
)
from mandate.actions.incoming import bring_in
from mandate.actions.publishing import CANCEL, KEEP, LONGEST_LETTER, cancel, issue, proclaim, publish, withdraw
from mandate.actions.sign_off import approve, number_clauses, remind, revoke, seal, send_back
from mandate.actions.suggestions import answer, suggest, take_back

__all__ = [
    "CANCEL",
    "KEEP",
    "LONGEST_LETTER",
    "add_clauses",
    "add_words",
    "answer",
    "approve",
    "bring_in",
    "cancel",
    "issue",
    "keep_both",
    "move_part",
    "move_path",
    "number_clauses",
    "proclaim",
    "publish",
    "remind",
    "remove_part",
    "save_part",
    "revoke",
    "seal",
    "send_back",
    "start_draft",
    "suggest",
    "take_back",
    "withdraw",
]
