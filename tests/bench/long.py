"""Two versions of the mandate that are longer than any should be: what it takes to compare them."""

import random
from itertools import count

from mandate import actions
from mandate.models import Clause, MandateVersion
from pmo_portal.accounts.models import User

CLAUSES, WORDS, CHANGES, MOVED = 200, 250, 5, 10
COMMON = "the of and a to in each for with its what who when every project area office week month board plan"


def make(by: User) -> str:
    """The address that compares two long versions, neither of them live: each clause says five things otherwise.

    Some clauses have moved, and some are new or taken out.
    """
    chance = random.Random(20)  # noqa: S311 (the same words in every run)
    first = _sealed(by, [Clause(kind="does", text=_text(chance)) for _ in range(CLAUSES)])
    was = first.clauses.filter(kind="does")
    rows = [Clause(kind=row.kind, key=row.key, text=_changed(row.text, chance)) for row in was]
    for _ in range(MOVED):
        rows.insert(chance.randrange(CLAUSES - 1), rows.pop(chance.randrange(CLAUSES)))
    rows[:3] = [Clause(kind="does", text=_text(chance)) for _ in range(3)]
    second = _sealed(by, rows)
    return f"/mandate/compare/?from={first.number}&to={second.number}"


def _sealed(by: User, clauses: list[Clause]) -> MandateVersion:
    """The next version, with these clauses beside those of the version before that do something else."""
    draft = actions.start_draft(by=by)
    draft.clauses.filter(kind="does").delete()
    places = count(1)
    for row in clauses:
        row.version, row.position = draft, next(places)
    Clause.objects.bulk_create(clauses)
    draft.change_note = "Longer."
    actions.save_part(draft, by=by)
    return actions.seal(draft, by=by)


def _text(chance: random.Random) -> str:
    """Prose of a kind: every second word is a common one, each tenth ends a sentence."""
    words = [chance.choice(COMMON.split()) if place % 2 else f"word{chance.randrange(900)}" for place in range(WORDS)]
    return " ".join(word + ("." if place % 10 == 9 else "") for place, word in enumerate(words))


def _changed(text: str, chance: random.Random) -> str:
    words = text.split(" ")
    for _ in range(CHANGES):
        words[chance.randrange(len(words))] = str(chance.randrange(1000))
    return " ".join(words)
