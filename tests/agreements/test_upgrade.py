"""A portal of before is brought up to date: its letters of before count among the two."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.utils import timezone

from pmo_portal.common import checks
from pmo_portal.common.errors import RuleBroken
from pmo_portal.outbox.models import OutgoingEmail
from stakeholders.agreements import actions
from stakeholders.home import waiting
from stakeholders.people import actions as people
from stakeholders.people.models import Person

pytestmark = pytest.mark.django_db
number_the_letters = import_module("stakeholders.migrations.0003_letters_that_asked").number_the_letters


@pytest.fixture
def of_before(proposed, lead):
    """An invitation and a proposal as the portal of before kept their letters; one invitation had come back."""
    for name in ("ivo", "eve"):
        people.invite(people.keep(Person(name=name, email=f"{name}@x.example"), by=lead), by=lead)
    checks.lift_seals()
    OutgoingEmail.objects.update(turn=None)
    OutgoingEmail.objects.filter(to="eve@x.example").update(state="failed")
    OutgoingEmail.objects.filter(about=proposed.key).update(about=proposed.agreement.key)
    number_the_letters(apps, None)
    checks.lay_seals()
    return proposed


def test_letters_of_before_are_told_and_counted(of_before, lead):
    lines = {line.name: line.sent for line in waiting.for_others()}
    assert lines == {"Head": "one letter today", "ivo": "one letter today"}
    later = timezone.now() + timedelta(days=4)
    actions.remind(of_before, by=lead, now=later)
    with pytest.raises(RuleBroken, match="Two letters have gone"):
        actions.remind(of_before, by=lead, now=later + timedelta(days=4))


def test_one_that_came_back_has_asked_nobody(of_before, lead):
    eve = Person.objects.get(name="eve")
    people.invite(eve, by=lead)
    assert sorted(OutgoingEmail.objects.filter(to=eve.email).values_list("turn", "state")) == [
        (1, "failed"), (1, "waiting"),
    ]  # fmt: skip


def test_it_may_run_twice(of_before):
    before = list(OutgoingEmail.objects.order_by("pk").values_list("about", "turn"))
    number_the_letters(apps, None)
    assert list(OutgoingEmail.objects.order_by("pk").values_list("about", "turn")) == before
