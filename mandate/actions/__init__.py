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
from mandate.actions.publishing import (
    CANCEL,
    KEEP,
    LONGEST_LETTER,
    cancel,
    issue,
    mend,
    note_untold,
    pause_after,
    proclaim_one,
    publish,
    refuse_moment,
    tell_untold,
    withdraw,
)
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
    "mend",
    "move_part",
    "move_path",
    "note_untold",
    "number_clauses",
    "pause_after",
    "proclaim_one",
    "publish",
    "refuse_moment",
    "remind",
    "remove_part",
    "save_part",
    "revoke",
    "seal",
    "send_back",
    "start_draft",
    "suggest",
    "take_back",
    "tell_untold",
    "withdraw",
]
