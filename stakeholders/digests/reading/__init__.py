"""What digests show: the calendar, one person's news, letters in lists. Pure: writes nothing."""

from stakeholders.digests.reading.budget import asked_by_all_letters, asked_this_month, for_page
from stakeholders.digests.reading.digest import digest_by, digest_for, rhythm_in_words, subject_of, whole, why
from stakeholders.digests.reading.letters import (
    attempts,
    in_lines,
    latest_letters,
    letter_line,
    letter_lines,
    next_delivery,
    next_times,
    page_of,
    sender,
    silent_line,
    silent_lines,
    when,
    zone,
)
from stakeholders.digests.reading.slots import Setting, Slot, due_slot, due_slots, next_slots

__all__ = [
    "Setting",
    "Slot",
    "asked_by_all_letters",
    "asked_this_month",
    "attempts",
    "digest_by",
    "digest_for",
    "due_slot",
    "due_slots",
    "for_page",
    "in_lines",
    "latest_letters",
    "letter_line",
    "letter_lines",
    "next_delivery",
    "next_slots",
    "next_times",
    "page_of",
    "rhythm_in_words",
    "sender",
    "silent_line",
    "silent_lines",
    "subject_of",
    "when",
    "whole",
    "why",
    "zone",
]
