"""Reminding the issuer of a version in review: one second letter, after three days, by the PMO."""

from datetime import timedelta

import pytest
from django.utils import timezone

from mandate import actions
from pmo_portal.accounts.actions import appoint
from pmo_portal.audit.models import Entry
from pmo_portal.common.errors import NotAllowed, RuleBroken, Stale
from pmo_portal.outbox.models import OutgoingEmail
from tests.conftest import user, write_mandate

pytestmark = pytest.mark.django_db
NOW = timezone.now()
LATER = NOW + timedelta(days=3)


@pytest.fixture
def in_review(member, issuer):
    return actions.seal(write_mandate(member), by=member, now=NOW)


def test_the_second_letter_goes_to_the_issuer_and_is_noted(in_review, member, issuer):
    assert actions.remind(in_review, by=member, now=LATER) == [issuer]
    second = OutgoingEmail.objects.first()
    assert (second.to, second.about, second.turn) == (issuer.email, in_review.key, 2)
    assert second.subject.startswith("Second letter: The mandate, version 1, waits")
    assert Entry.objects.get(verb="remind").details == {"to": [issuer.pk]}


def test_not_sooner_than_three_days_and_never_a_third(in_review, member, issuer):
    with pytest.raises(RuleBroken, match=f"A letter went to {issuer} on .* A second one may follow from"):
        actions.remind(in_review, by=member, now=NOW + timedelta(days=2))
    actions.remind(in_review, by=member, now=LATER)
    with pytest.raises(RuleBroken, match=f"Two letters have gone to {issuer} about this. Call {issuer}."):
        actions.remind(in_review, by=member, now=NOW + timedelta(days=40))
    assert OutgoingEmail.objects.count() == 2


def test_a_deputy_who_came_later_gets_their_first_letter(in_review, member, issuer):
    actions.remind(in_review, by=member, now=LATER)
    deputy = user("deputy@fairhaven.example")
    appoint(deputy, "issuer", by=None, is_deputy=True)
    assert actions.remind(in_review, by=member, now=LATER) == [deputy]
    assert not OutgoingEmail.objects.get(to=deputy.email).subject.startswith("Second letter")


def test_a_new_version_is_asked_about_anew(in_review, member, issuer):
    actions.remind(in_review, by=member, now=LATER)
    again = actions.seal(write_mandate(member), by=member, now=LATER)
    assert OutgoingEmail.objects.get(about=again.key).turn == 1
    with pytest.raises(Stale, match="does not wait"):
        actions.remind(in_review, by=member, now=LATER)


def test_nobody_named_is_nobody_reminded(member):
    version = actions.seal(write_mandate(member), by=member, now=NOW)
    with pytest.raises(RuleBroken, match="Nobody is named"):
        actions.remind(version, by=member, now=LATER)


def test_what_is_published_waits_no_more(live, member):
    with pytest.raises(Stale):
        actions.remind(live, by=member, now=LATER)


@pytest.mark.parametrize("who", ["issuer", "administrator", "head"])
def test_only_the_pmo_reminds(who, request, in_review):
    found = request.getfixturevalue(who)
    with pytest.raises(NotAllowed):
        actions.remind(in_review, by=getattr(found, "user", found), now=LATER)
    assert OutgoingEmail.objects.count() == 1


def test_too_soon_is_said_in_words_on_the_page_one_came_from(as_user, member, in_review):
    address = f"/mandate/versions/{in_review.number}/remind/"
    answer = as_user(member).post(address, headers={"referer": "http://testserver/"}, follow=True)
    assert answer.redirect_chain == [("/", 302)]
    assert "A second one may follow from" in answer.content.decode()
