"""The issuer's letter: once to each who may read the mandate at that moment, and no second time in the digest."""

from datetime import timedelta

import pytest

from mandate.models import Publication
from pmo_portal.accounts.models import Appointment
from pmo_portal.outbox.letters import wrap
from pmo_portal.outbox.models import OutgoingEmail
from stakeholders.digests import actions
from stakeholders.digests.models import Announced, Announcement, Delivery, Owed
from stakeholders.people.models import Role
from tests.digests.conftest import MONDAY, STARTED, at
from tests.letters import paths_in

PUBLISHED = at(MONDAY - timedelta(days=3))
SOON = PUBLISHED + timedelta(minutes=1)
WHY = "We lost a summer to surprises. I asked for one office that sees all projects. You will hear of closures early."


def letters(house):
    return {letter.to: letter for letter in OutgoingEmail.objects.filter(event="overview/mandate_published")}


def addresses(*people):
    return {person.email for person in people}


def test_publishing_sends_one_letter_to_each_and_not_to_the_issuer(house):
    head, sponsor = house.person("Ada", "head"), house.person("Samuel")
    Role.objects.create(person=house.person("Twice", "senior"), area=house.harbour, kind="sponsor", starts_on=STARTED)
    house.publishes(message=WHY)
    house.tick(SOON)
    house.tick(SOON + timedelta(minutes=1))
    assert letters(house).keys() == {*addresses(head, sponsor), "twice@westmark.example", house.member.email}
    assert OutgoingEmail.objects.count() == 4


def test_it_comes_in_the_issuer_s_name_and_answers_go_there(house):
    head = house.person("Ada", "head")
    house.publishes(message=WHY)
    house.tick(SOON)
    letter = letters(house)[head.email]
    raw = bytes(letter.raw).decode()
    assert "From: Helen Marsh" in raw
    assert "Reply-To: helen@westmark.example" in raw
    assert (letter.kind, letter.turn) == (OutgoingEmail.Kind.NOTICE, None), "it tells, and uses up no asking letter"
    assert "List-Unsubscribe" not in raw
    assert letter.subject == "What the Project Office is for"
    for said in (wrap(WHY).strip(), "WHAT IT MEANS FOR YOU", "Head, Finance", "Helen Marsh"):
        assert said in letter.text
    assert paths_in(letter.text) == ["/mandate/"]
    assert "We lost a summer" in letter.html
    assert len(letter.html) < 60_000


def test_without_a_letter_nothing_is_sent_and_the_digest_tells(house):
    person = house.person("Samuel")
    house.publishes()
    house.tick()
    assert not letters(house)
    assert not Announced.objects.exists()
    assert "published the mandate" in " ".join(house.letter(person).text.split())


def test_who_got_the_letter_is_not_told_again_by_the_digest(house):
    person = house.person("Samuel")
    house.publishes(message=WHY)
    house.tick(SOON)
    house.tick()
    delivery = house.delivery(person)
    assert (delivery.state, delivery.reason) == (Delivery.State.SKIPPED, Delivery.Reason.EMPTY)
    assert Owed.objects.get(person=person).left_out == Owed.LeftOut.LETTER


def test_the_digest_of_the_very_minute_does_not_tell_it_either(house):
    person = house.person("Samuel", rhythm="daily")
    house.publishes(message=WHY, when=at(MONDAY, 8, 59))
    house.tick()
    assert letters(house).keys() == {person.email, house.member.email}
    assert house.delivery(person).reason == Delivery.Reason.EMPTY


def test_the_rest_of_the_digest_comes_as_ever(house):
    person = house.person("Samuel")
    house.publishes(message=WHY)
    house.agreed(house.revision())
    house.tick()
    text = house.letter(person).text
    assert "Finance" in text
    assert "published the mandate" not in " ".join(text.split())


def test_who_left_the_digest_gets_the_letter_all_the_same(house):
    person = house.person("Samuel", rhythm="off")
    house.publishes(message=WHY)
    house.tick(SOON)
    assert person.email in letters(house)


def test_nobody_without_a_way_in_or_a_role_is_written_to(house):
    uninvited, shut, gone = house.person("Una"), house.person("Sid"), house.person("Gwen")
    uninvited.user = None
    uninvited.save()
    shut.user.is_active = False
    shut.user.save()
    Role.objects.filter(person=gone).update(ends_on=STARTED)
    house.user("stranger@westmark.example")
    house.publishes(message=WHY)
    house.tick(SOON)
    assert letters(house).keys() == {house.member.email}


def test_who_loses_the_right_between_planning_and_writing_is_left_out(house, monkeypatch):
    person = house.person("Samuel")
    house.publishes(message=WHY)
    actions.announce(SOON)
    Role.objects.filter(person=person).update(ends_on=STARTED)
    Appointment.objects.filter(user=house.member).update(ends_on=STARTED)
    actions.write_announcements(SOON)
    assert not letters(house)
    assert set(Announcement.objects.values_list("state", flat=True)) == {Announcement.State.LEFT_OUT}


def test_the_moment_before_it_is_published_nothing_is_announced(house):
    house.person("Samuel")
    house.publishes(message=WHY)
    actions.announce(PUBLISHED - timedelta(seconds=1))
    assert not Announced.objects.exists()
    assert actions.announce(PUBLISHED) == 1


def test_after_an_outage_only_the_version_that_holds_is_announced(house):
    person = house.person("Samuel")
    house.publishes(message=WHY)
    house.publishes(2, "One thing changes.", message="One thing changes.", when=PUBLISHED + timedelta(hours=1))
    house.tick()
    assert Announced.objects.count() == 2
    assert "One thing changes." in letters(house)[person.email].text
    assert OutgoingEmail.objects.filter(event="overview/mandate_published", to=person.email).count() == 1


def test_a_material_change_and_better_words_are_told_apart(house):
    person = house.person("Samuel")
    house.publishes(when=PUBLISHED - timedelta(days=1))
    house.publishes(2, "One thing changes.", message="One thing changes.")
    house.tick(SOON)
    house.publishes(3, "Shorter.", is_material=False, message="Shorter.", when=SOON + timedelta(days=1))
    house.tick(SOON + timedelta(days=1, minutes=1))
    letters = OutgoingEmail.objects.filter(to=person.email, event="overview/mandate_published").order_by("pk")
    subjects = letters.values_list("subject", flat=True)
    assert list(subjects) == [
        "What changes at the Project Office",
        "What the Project Office is for, in better words",
    ]
    assert all(len(subject) <= 50 for subject in subjects)


def test_a_letter_that_cannot_be_written_holds_up_no_other_and_comes_later(house, monkeypatch):
    broken, fine = house.person("Samuel"), house.person("Sylvia")
    house.publishes(message=WHY)
    write = actions.tell

    def fail(publication, reader, *, now):
        if reader.user == broken.user:
            raise ValueError("no ink")
        return write(publication, reader, now=now)

    monkeypatch.setattr(actions, "tell", fail)
    house.tick(SOON)
    assert letters(house).keys() == {fine.email, house.member.email}
    monkeypatch.undo()
    house.tick(SOON + timedelta(minutes=1))
    assert broken.email in letters(house)


def test_what_it_means_is_each_one_s_own(house):
    head, other = house.person("Ada", "head"), house.person("Otto", "head", house.harbour)
    house.revision()
    house.publishes(message=WHY)
    house.tick(SOON)
    assert "Your agreement (Finance)" in letters(house)[head.email].text
    assert "Finance" not in letters(house)[other.email].text
    assert "No agreement with Harbour is in force yet" in letters(house)[other.email].text


def test_words_of_the_issuer_are_never_html(house):
    person = house.person("Samuel")
    house.publishes(message="<b>Bold</b> words.")
    house.tick(SOON)
    assert "<b>Bold" not in letters(house)[person.email].html
    assert "<b>Bold</b> words." in letters(house)[person.email].text


@pytest.mark.parametrize("readers", ["closed", "organisation", "anyone"])
def test_however_open_the_mandate_is_the_letter_goes_to_the_same_people(house, readers):
    person = house.person("Samuel")
    house.organisation.mandate_readers = readers
    house.organisation.save()
    house.user("stranger@westmark.example")
    house.publishes(message=WHY)
    house.tick(SOON)
    assert letters(house).keys() == {person.email, house.member.email}
    assert Publication.objects.get().announced.announcements.count() == 2
