"""Who is invited and comes for the letter has a rhythm, without being asked for one."""

import pytest

from stakeholders.digests import actions
from stakeholders.digests.models import DigestPreference
from tests.digests.conftest import MONDAY, House, at

pytestmark = pytest.mark.django_db


def test_an_invited_sponsor_gets_the_usual_rhythm_once(house: House):
    sponsor = house.person("Ada")
    DigestPreference.objects.all().delete()
    actions.run(at(MONDAY))
    actions.run(at(MONDAY, 10))
    kept = DigestPreference.objects.get()
    assert (kept.person, kept.rhythm, kept.zone, kept.since) == (sponsor, "weekly", "Europe/London", at(MONDAY))
    assert not kept.chosen_by_person


def test_nobody_else_is_given_one(house: House):
    house.person("Senior", kind="senior")
    uninvited = house.person("Later")
    uninvited.user = None
    uninvited.save()
    DigestPreference.objects.all().delete()
    actions.run(at(MONDAY))
    assert not DigestPreference.objects.exists()


def test_who_left_is_left_alone(house: House):
    person = house.person("Gone")
    DigestPreference.objects.filter(person=person).update(rhythm="off")
    actions.run(at(MONDAY))
    assert DigestPreference.objects.get().rhythm == "off"
