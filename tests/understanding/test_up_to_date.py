"""Who has read what holds: a material version asks again for what changed, an editorial one asks nothing."""

from collections import Counter
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mandate import actions as mandate_actions
from mandate.models import MandateVersion
from pmo_portal.common.errors import NotAllowed, RuleBroken
from stakeholders.people.models import Person, Role
from stakeholders.understanding import actions, reading
from stakeholders.understanding.models import Acknowledgement, State, Waiver

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()


def state(person):
    """How a person stands to what is asked now; None where nobody is asked."""
    asked = reading.question()
    found = reading.readers(asked).filter(pk=person.pk).first() if asked else None
    return found.state if found else None


def offers(person):
    return reading.open_for(person, TODAY)


def test_before_anything_is_published_nobody_is_asked(head):
    assert reading.question() is None
    assert offers(head) == []


def test_who_has_read_the_live_version_is_asked_no_more(story, head):
    story.publish()
    assert state(head) == State.OPEN
    story.read(head)
    assert state(head) == State.READ
    assert offers(head) == []


def test_a_material_version_asks_again_for_what_changed(story, head):
    story.publish()
    story.read(head)
    second = story.publish()
    assert state(head) == State.CHANGED
    [offer] = offers(head)
    assert (offer.key, offer.title) == (second.key, "Read what changed in the mandate")
    assert "has changed since you read version 1" in offer.text
    story.read(head)
    assert state(head) == State.READ


def test_an_editorial_version_asks_nothing_of_who_has_read_the_material_one(story, head, sponsor):
    first = story.publish()
    story.read(head)
    story.publish(material=False)
    assert (state(head), offers(head)) == (State.READ, [])
    assert state(sponsor) == State.OPEN, "who has read neither is asked as before"
    assert [offer.key for offer in offers(sponsor)] == [first.key], "and about the same thing: no letter more"
    story.read(sponsor)
    assert state(sponsor) == State.READ


def test_after_a_material_version_an_editorial_one_does_not_close_the_question(story, head):
    story.publish()
    story.read(head)
    story.publish()
    story.publish(material=False)
    assert state(head) == State.CHANGED


def test_a_scheduled_version_asks_nothing_before_its_moment(story, head):
    story.publish()
    story.read(head)
    tomorrow = timezone.now() + timedelta(days=1)
    story.publish(at=tomorrow)
    assert state(head) == State.READ
    asked = reading.question(tomorrow)
    assert reading.readers(asked).get(pk=head.pk).state == State.CHANGED


def test_while_the_mandate_is_withdrawn_nobody_is_asked(story, head, issuer):
    live = story.publish()
    mandate_actions.withdraw(live, by=issuer, reason="It says too much.")
    assert reading.question() is None
    assert offers(head) == []


def test_a_countersignature_counts(head, in_force, live):
    assert Acknowledgement.objects.get(person=head).how == Acknowledgement.How.COUNTERSIGNATURE
    assert state(head) == State.READ


def test_the_first_version_that_anybody_saw_is_asked_whatever_it_says_of_itself(story, head):
    story.publish(material=False)
    assert state(head) == State.OPEN
    story.read(head)
    story.publish(material=False)
    assert state(head) == State.READ


# --- excused ----------------------------------------------------------------------------------------
def test_who_is_excused_is_not_asked_until_the_mandate_says_something_else(story, head, member):
    story.publish()
    actions.waive(head, by=member, reason="Away until June.")
    story.publish(material=False)
    assert (state(head), offers(head)) == (State.WAIVED, [])
    story.publish()
    assert state(head) == State.OPEN


def test_who_is_excused_may_read_it_all_the_same(story, head, member):
    story.publish()
    actions.waive(head, by=member, reason="Away until June.")
    story.read(head)
    assert state(head) == State.READ


def test_nobody_is_excused_without_a_reason_or_by_anybody_but_the_pmo(story, head, sponsor, member, issuer):
    with pytest.raises(RuleBroken, match="No version"):
        actions.waive(head, by=member, reason="Away.")
    story.publish()
    with pytest.raises(RuleBroken, match="few words"):
        actions.waive(head, by=member, reason=" \n ")
    for user in (issuer, head.user, sponsor.user):
        with pytest.raises(NotAllowed):
            actions.waive(head, by=user, reason="Away.")
    assert not Waiver.objects.exists()


def test_excused_twice_the_first_reason_stands(story, head, member):
    story.publish()
    actions.waive(head, by=member, reason="Away until June.")
    actions.waive(head, by=member, reason="Something else.")
    assert Waiver.objects.get().reason == "Away until June."


# --- against a tiny model ---------------------------------------------------------------------------
STEPS = st.lists(st.sampled_from(["material", "editorial", "ada reads", "bo reads", "bo is excused", "withdrawn"]),
                 max_size=9)  # fmt: skip


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_whatever_happens_the_rule_is_the_one_that_can_be_told_in_a_sentence(story, area, head, sponsor, steps):
    """Up to date is who has said so of the newest version that changed something, or of a later one."""
    with transaction.atomic():
        people = {"ada": head, "bo": sponsor}
        wanted, live, number = 0, False, 0
        said, excused = Counter(), 0
        for step in steps:
            if step in {"material", "editorial"}:
                number = story.rows(material=step == "material").number
                wanted = number if step == "material" or not wanted else wanted
                live = True
            elif step == "withdrawn" and live:
                version = MandateVersion.objects.live().get()
                mandate_actions.withdraw(version, by=story.issuer, reason="Too much.")
                live = False
            elif step.endswith("reads") and live:
                story.read(people[step.split()[0]])
                said[step.split()[0]] = number
            elif step == "bo is excused" and live:
                actions.waive(sponsor, by=story.member, reason="Away.")
                excused = wanted
        for name, person in people.items():
            expected = State.OPEN if not said[name] else State.CHANGED
            expected = State.WAIVED if name == "bo" and excused and excused >= wanted else expected
            expected = State.READ if said[name] and said[name] >= wanted else expected
            assert state(person) == (expected if live else None), (name, steps)
            assert bool(offers(person)) is (live and expected in {State.OPEN, State.CHANGED}), (name, steps)
        transaction.set_rollback(True)


# --- who is asked, and by when ----------------------------------------------------------------------
def names(**wanted):
    return [str(each) for each in reading.wanted_readers(reading.question(), **wanted)]


def test_everybody_with_a_role_is_asked_but_those_who_write_and_issue_it(story, area, head, foreign_head, sponsor):
    story.publish()
    for user in (story.member, story.issuer):
        person = Person.objects.create(name=f"Also {user}", email=user.email, user=user)
        Role.objects.create(person=person, area=area, kind=Role.Kind.CUSTOMER)
    assert names() == ["Foreign", "Head", "Sponsor"]


def test_the_pmo_chooses_roles_and_areas(story, member, area, head, foreign_head, sponsor):
    story.publish()
    actions.choose_readers(by=member, kinds=["head"], areas=[], days=30)
    assert names() == ["Foreign", "Head"]
    actions.choose_readers(by=member, kinds=["head"], areas=[area], days=30)
    assert names() == ["Head"]
    assert offers(sponsor) == offers(foreign_head) == []
    actions.choose_readers(by=member, kinds=[], areas=[], days=30)
    assert len(names()) == 3
    with pytest.raises(NotAllowed):
        actions.choose_readers(by=head.user, kinds=[], areas=[], days=30)


def test_joiners_come_in_when_their_role_begins_and_leavers_fall_out(story, area, head, sponsor):
    story.publish()
    Role.objects.filter(person=head).update(ends_on=TODAY - timedelta(days=1))
    Role.objects.filter(person=sponsor).update(starts_on=TODAY + timedelta(days=1))
    assert names() == []
    Role.objects.filter(person=sponsor).update(starts_on=TODAY)
    assert names() == ["Sponsor"]


def shown(person, on=None):
    asked = reading.question(on=on)
    return reading.line(reading.with_roles(reading.readers(asked), asked).get(pk=person.pk), asked)


def test_the_days_count_from_publishing_and_for_a_joiner_from_the_first_day_of_the_role(story, head, sponsor):
    story.publish()
    asked = reading.question()
    assert asked.due_on(TODAY - timedelta(days=300)) == TODAY + timedelta(days=30)
    assert asked.due_on(TODAY + timedelta(days=10)) == TODAY + timedelta(days=40)
    later = TODAY + timedelta(days=31)
    assert (shown(head, TODAY + timedelta(days=30)).is_overdue, shown(head, later).due) == (False, "1 day overdue")
    Role.objects.filter(person=sponsor).update(starts_on=TODAY + timedelta(days=5))
    assert not shown(sponsor, later).is_overdue
    overdue = reading.overdue(reading.readers(reading.question(on=later)), reading.question(on=later))
    assert [str(each) for each in overdue] == ["Head"]


def test_who_has_read_it_and_who_is_excused_is_never_overdue(story, member, head, sponsor):
    story.publish()
    story.read(head)
    actions.waive(sponsor, by=member, reason="Away.")
    asked = reading.question(on=TODAY + timedelta(days=99))
    assert not reading.overdue(reading.readers(asked), asked).exists()


def test_without_a_day_nobody_is_overdue(story, member, head):
    story.publish()
    actions.choose_readers(by=member, kinds=[], areas=[], days=None)
    asked = reading.question(on=TODAY + timedelta(days=999))
    assert not reading.overdue(reading.readers(asked), asked).exists()
    assert shown(head, asked.on).due == ""
    assert offers(head)[0].hint == "Version 1"


def test_who_has_no_way_in_yet_stands_in_the_list_and_is_asked_nothing(story, head):
    story.publish()
    head.user, user = None, head.user
    head.save()
    assert user
    assert state(head) == State.NO_WAY_IN
    assert shown(head, TODAY + timedelta(days=99)).due == ""
    assert offers(head) == []
