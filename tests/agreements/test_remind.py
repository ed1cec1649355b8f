"""Reminding those who speak for an area: of a proposal, of a shared draft; once, after three days."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from pmo_portal.audit.models import Entry
from pmo_portal.common.errors import NotAllowed, RuleBroken, Stale
from pmo_portal.outbox.models import OutgoingEmail
from stakeholders.agreements import actions
from stakeholders.people.models import Role
from tests.conftest import person_with, propose

pytestmark = pytest.mark.django_db
NOW = timezone.now()
# Half a day more than the three: in a long run this file was read long before its turn came.
LATER = NOW + timedelta(days=3, hours=12)


def asking(event):
    return OutgoingEmail.objects.filter(event=f"agreements/{event}")


def without_links(text):
    """The words of a letter: its links carry the second in which they were made."""
    return re.sub(r"https?://\S+", "", text)


def test_a_proposal_is_asked_for_a_second_time_with_the_same_words(proposed, lead, head):
    assert actions.remind(proposed, by=lead, now=LATER) == [str(head)]
    second, first = asking("agreement_proposed")
    assert second.subject == f"Second letter: {first.subject}"
    assert (second.to, second.about, second.kind) == (head.user.email, proposed.key, "action")
    assert without_links(first.text) in without_links(second.text)
    assert Entry.objects.get(verb="remind").subject == proposed.key


def test_a_shared_draft_too(draft_agreement, lead, head):
    actions.share(draft_agreement, by=lead, now=NOW)
    assert actions.remind(draft_agreement, by=lead, now=LATER) == [str(head)]
    assert asking("agreement_shared").count() == 2


def test_too_soon_and_a_third_are_refused_in_words(proposed, lead, head):
    with pytest.raises(RuleBroken, match=f"A letter went to {head} on"):
        actions.remind(proposed, by=lead, now=NOW + timedelta(days=1))
    actions.remind(proposed, by=lead, now=LATER)
    with pytest.raises(RuleBroken, match=f"Two letters have gone to {head} about this. Call {head}."):
        actions.remind(proposed, by=lead, now=LATER + timedelta(days=9))


def test_a_deputy_who_came_later_is_told_and_the_head_is_left_in_peace(proposed, lead, head, area):
    actions.remind(proposed, by=lead, now=LATER)
    deputy = person_with(area, Role.Kind.DEPUTY, "deputy@fairhaven.example")
    assert actions.remind(proposed, by=lead, now=LATER) == [str(deputy)]
    assert asking("agreement_proposed").filter(to=head.user.email).count() == 2


def test_who_holds_two_roles_gets_one_letter(draft_agreement, lead, head, area):
    Role.objects.create(person=head, area=area, kind=Role.Kind.DEPUTY, starts_on=timezone.localdate())
    propose(draft_agreement, lead)
    assert asking("agreement_proposed").count() == 1


def test_a_proposal_after_a_shared_draft_is_another_question(draft_agreement, lead, head):
    actions.share(draft_agreement, by=lead)
    actions.remind(draft_agreement, by=lead, now=LATER)
    propose(draft_agreement, lead)
    assert asking("agreement_proposed").get().turn == 1


@pytest.mark.parametrize("stage", ["draft_agreement", "in_force"])
def test_what_does_not_wait_for_the_area_is_not_asked_for(stage, request, lead):
    with pytest.raises(Stale, match="does not wait"):
        actions.remind(request.getfixturevalue(stage), by=lead, now=LATER)


def test_with_nobody_to_write_to_the_way_on_is_said(proposed, lead, head, area):
    head.roles.update(ends_on=timezone.localdate() - timedelta(days=1))
    with pytest.raises(RuleBroken, match="Nobody can be reminded"):
        actions.remind(proposed, by=lead, now=LATER)


@pytest.mark.parametrize("who", ["head", "issuer", "administrator"])
def test_only_the_pmo_reminds(who, request, proposed):
    found = request.getfixturevalue(who)
    with pytest.raises(NotAllowed):
        actions.remind(proposed, by=getattr(found, "user", found), now=LATER)


def test_what_only_tells_is_not_limited(draft_agreement, lead, head):
    """A third withdrawal is told like the first."""
    for _time in range(3):
        proposal = propose(draft_agreement, lead)
        actions.withdraw(proposal, by=lead, reason="Not yet.")
        draft_agreement = actions.revise(proposal.agreement, by=lead)
    assert asking("agreement_withdrawn").count() == 3
    assert set(asking("agreement_withdrawn").values_list("kind", "turn")) == {("notice", None)}
