"""Before anything was ever published there is no "what changed": the issuer's way works from the first version on."""

from datetime import timedelta

import pytest
from django.utils import timezone

from mandate import actions, reading
from mandate.models import MandateVersion
from pmo_portal.outbox.letters import compose
from tests.conftest import write_mandate
from tests.mandate.test_suggestions import suggest

pytestmark = pytest.mark.django_db


@pytest.fixture
def first(member, lead, issuer):
    """The first version as a portal of one's own writes it: nobody is asked what changed."""
    draft = write_mandate(member)
    draft.change_note = ""
    actions.save_part(draft, by=member, fields=["change_note"])
    return actions.seal(draft, by=member)


def test_what_is_accepted_of_the_very_first_version_goes_to_the_issuer_at_once(first, issuer, member):
    made = suggest(first, issuer)
    following = actions.answer(first, by=member, accept=[made.pk])
    assert following is not None
    assert (following.number, following.is_sealed, following.purpose) == (2, True, "Other words.")


def test_a_version_after_one_that_nobody_read_says_nothing_of_a_change(first, issuer, member):
    actions.send_back(first, by=issuer, content_hash=first.content_hash, reason="Shorter.")
    draft = actions.start_draft(by=member)
    assert draft.number == 2
    assert not draft.missing()
    assert not any("change" in task.url for task in reading.parts(draft))


def test_the_first_to_be_published_is_told_as_the_first(first, issuer, member):
    made = suggest(first, issuer)
    second = actions.answer(first, by=member, accept=[made.pk])
    assert second is not None
    words: dict[str, object] = {"version": second, "message": "Why.", "issuer": issuer, "sentences": [], "url": "/"}
    assert compose("overview/mandate_published", words).subject == "What the PMO is for"
    actions.issue(second, by=issuer, content_hash=second.content_hash)
    assert compose("overview/mandate_published", words).subject == "What the PMO is for"
    third = actions.start_draft(by=member)
    assert [str(gap.part) for gap in third.missing()] == ["change"]
    assert not MandateVersion.objects.get(pk=third.pk).is_first


def test_after_a_publication_a_change_is_said_as_before(first, issuer, member):
    actions.issue(first, by=issuer, content_hash=first.content_hash)
    assert any(task.url.endswith("/change/") for task in reading.parts(actions.start_draft(by=member)))


def test_while_the_first_waits_for_its_moment_the_next_says_what_changes_already(first, issuer, member):
    tomorrow = timezone.now() + timedelta(days=1)
    made = actions.issue(first, by=issuer, content_hash=first.content_hash, at=tomorrow)
    second = actions.start_draft(by=member)
    assert [str(gap.part) for gap in second.missing()] == ["change"], "the first will be read before it"
    assert any(task.url.endswith("/change/") for task in reading.parts(second))
    second.change_note = "Less of it."
    assert reading.letter_to_start_from(second).startswith("Less of it."), "its letter goes out after the first"
    words: dict[str, object] = {"version": second, "message": "Why.", "issuer": issuer, "sentences": [], "url": "/"}
    assert compose("overview/mandate_published", words).subject == "What changes at the PMO"
    actions.cancel(made, by=issuer)
    second.change_note = ""
    assert not second.missing()
