"""Reminders come within the attention budget: two letters at most, then the PMO is told to call."""

from datetime import timedelta

import pytest
from django.utils import timezone

from stakeholders.digests import actions as digests
from stakeholders.digests.models import Asked, DigestPreference
from stakeholders.home import waiting
from stakeholders.understanding import reading
from tests.conftest import person_with

pytestmark = pytest.mark.django_db
LETTER = Asked.How.LETTER


def asks(person, months):
    """What letters of several months ask a person of all that is open, a letter a month."""
    now = timezone.now()
    return [
        [offer.key for offer in digests.ask(person, reading.open_for(person, now.date()), how=LETTER, now=when)]
        for when in (now + timedelta(days=31 * month) for month in range(months))
    ]


def to_call():
    return [(line.name, line.action.label) for line in waiting.for_others() if line.action.label.startswith("Call")]


def test_two_letters_ask_and_then_the_pmo_is_told_to_call(story, head):
    key = story.publish().key
    assert asks(head, 1) == [[key]]
    assert to_call() == []
    assert asks(head, 3) == [[key], [], []]
    assert to_call() == [("Head", "Call Head")]
    story.read(head)
    assert to_call() == []


def test_an_editorial_version_is_no_reason_for_a_third_letter_and_a_material_one_is_a_new_question(story, head):
    story.publish()
    asks(head, 3)
    story.publish(material=False)
    assert asks(head, 2) == [[], []]
    second = story.publish()
    assert to_call() == []
    assert asks(head, 2) == [[second.key], [second.key]]


def test_the_others_stand_in_one_line(story, area):
    story.publish()
    people = [person_with(area, "sponsor", f"{name}@x.example") for name in "abcde"]
    for person in people:
        asks(person, 2)
    assert len(to_call()) == 3
    assert all(len(waiting.with_person(person)) == 1 for person in people), "but each on the page of their own"
    assert "2 more have not read the mandate" in [line.title for line in waiting.for_others()]


def test_the_digest_asks_for_what_changed_and_not_for_better_words(story, head):
    now = timezone.now()
    story.publish()
    story.read(head)
    story.publish(material=False)
    DigestPreference.objects.create(person=head, rhythm="daily", hour=5, since=now - timedelta(days=1))
    digests.run(now + timedelta(days=3))
    assert not Asked.objects.exists()
    second = story.publish()
    digests.consider(now + timedelta(days=7))
    assert Asked.objects.get().title == "Read what changed in the mandate"
    assert Asked.objects.get().key == second.key
