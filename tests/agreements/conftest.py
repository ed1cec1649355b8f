"""The stages of an answer: words of the area's own, written, sent, and answered by the PMO."""

from typing import Any

import pytest

from pmo_portal.accounts.models import User
from stakeholders.agreements import actions
from stakeholders.agreements.models import AgreementRevision, Row
from stakeholders.people.models import Person


def reword(row: Row, by: User, seen: str = "", **words: Any) -> Row:
    """Change some words of a row, as the page does it."""
    row = Row.objects.select_related("revision__agreement__area").get(pk=row.pk).as_answered()
    for name, value in words.items():
        setattr(row, name, value)
    return actions.change_words(row, by=by, fields=list(words), seen=seen)


def hash_of(revision: AgreementRevision) -> str:
    """The hash that the page of an unsent answer carries."""
    return AgreementRevision.objects.with_rows().get(pk=revision.pk).fingerprint()


def send(answer: AgreementRevision, by: User) -> AgreementRevision:
    """Sign the area's own words as the page shows them."""
    actions.counter(answer, by=by, content_hash=hash_of(answer))
    answer.refresh_from_db()
    return answer


@pytest.fixture
def answer(proposed: AgreementRevision, head: Person) -> AgreementRevision:
    """The area has changed one cell of the proposal and not sent it."""
    return reword(proposed.rows.get(), head.user, you_commit="Your own works one week before").revision


@pytest.fixture
def countered(answer: AgreementRevision, head: Person) -> AgreementRevision:
    """The area has signed its own words."""
    return send(answer, head.user)
