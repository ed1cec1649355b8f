"""Two tickers at once, a worker that dies, a choice in the middle of a tick: the same ledger, on both databases."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection

from pmo_portal.common import checks, links
from pmo_portal.outbox.models import OutgoingEmail
from stakeholders.digests import actions
from stakeholders.digests.models import Announced, Announcement, Delivery, DigestPreference, Expanded, Owed
from tests.digests.conftest import MONDAY, House, at

NOW = at(MONDAY, 9, 1)
PEOPLE = ["Samuel", "Sylvia", "Stefan", "Sonia", "Simon"]


@pytest.fixture
def ledger(transactional_db, monkeypatch):
    """Real commits, for threads; no bell is rung; sealed rows can be cleared afterwards."""
    monkeypatch.setattr(links.bell, "knock", lambda *task: True)
    yield House()
    checks.lift_seals()


def all_at_once(count, what):
    """Run one thing in several threads that start together."""
    start = threading.Barrier(count)

    def run(number):
        try:
            start.wait()
            return what(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def test_four_tickers_write_each_letter_once(ledger):
    people = [ledger.person(name) for name in PEOPLE]
    ledger.publishes()
    ledger.agreed(ledger.revision(), signed_by=["Ada"])
    all_at_once(4, lambda _number: actions.run(NOW))
    assert Expanded.objects.count() == 2
    assert Owed.objects.count() == 2 * len(people)
    assert not Owed.objects.filter(delivery=None).exists()
    assert Delivery.objects.filter(state="rendered").count() == len(people)
    assert sorted(OutgoingEmail.objects.values_list("to", flat=True)) == sorted(p.email for p in people)


def test_one_delivery_is_rendered_by_one_of_many(ledger):
    person = ledger.person("Samuel")
    ledger.publishes()
    actions.expand(NOW)
    actions.plan(NOW)
    pk = Delivery.objects.get(person=person).pk
    written = all_at_once(6, lambda _number: actions.render(pk, NOW, ledger.organisation))
    assert sum(each is not None for each in written) == 1
    assert OutgoingEmail.objects.count() == 1


def test_two_slots_of_one_person_never_tell_the_same_twice(ledger):
    person = ledger.person("Samuel")
    ledger.publishes()
    actions.expand(NOW)
    slots = [
        Delivery.objects.create(person=person, slot=slot, due_at=at(MONDAY)).pk for slot in ("weekly:a", "daily:b")
    ]
    all_at_once(2, lambda number: actions.render(slots[number], NOW, ledger.organisation))
    assert sorted(Delivery.objects.values_list("state", flat=True)) == ["rendered", "skipped"]
    assert Owed.objects.get(person=person).delivery.state == "rendered"


def test_a_death_between_claim_and_letter_leaves_both_undone(ledger, monkeypatch):
    person = ledger.person("Samuel")
    ledger.publishes()

    class Killed(BaseException):
        pass

    def die(*_args, **_more):
        raise Killed

    with monkeypatch.context() as broken:
        broken.setattr(actions.notices, "digest", die)
        with pytest.raises(Killed):
            actions.run(NOW)
    assert Owed.objects.get(person=person).delivery is None
    assert not OutgoingEmail.objects.exists()
    actions.run(NOW + timedelta(minutes=1))
    assert OutgoingEmail.objects.count() == 1


def test_leaving_while_a_letter_is_written_ends_in_one_state(ledger):
    person = ledger.person("Samuel")
    ledger.publishes()

    def either(number):
        actions.run(NOW) if number else actions.leave(person, how="one_click")

    all_at_once(2, either)
    actions.run(NOW)
    assert DigestPreference.objects.get(person=person).rhythm == "off"
    assert set(Delivery.objects.values_list("state", flat=True)) <= {"rendered", "skipped"}


def test_four_tickers_send_the_issuer_s_letter_once_to_each(ledger):
    people = [ledger.person(name) for name in PEOPLE]
    ledger.publishes(message="We asked for this office.")
    all_at_once(4, lambda _number: actions.run(NOW))
    sent = OutgoingEmail.objects.filter(event="overview/mandate_published").values_list("to", flat=True)
    assert sorted(sent) == sorted([*(p.email for p in people), ledger.member.email])
    assert Announced.objects.count() == 1
    assert set(Announcement.objects.values_list("state", flat=True)) == {"written"}
    assert set(Owed.objects.values_list("left_out", flat=True)) == {"letter"}


def test_one_letter_of_the_issuer_is_written_by_one_of_many(ledger):
    ledger.publishes(message="We asked for this office.")
    actions.announce(NOW)
    pk = Announcement.objects.get().pk
    written = all_at_once(6, lambda _number: actions.write_announcement(pk, NOW))
    assert written.count(True) == 1
    assert OutgoingEmail.objects.count() == 1


@pytest.mark.parametrize("at_letter", [1, 3, 6])
def test_a_death_between_the_issuer_s_letters_loses_none_and_repeats_none(ledger, monkeypatch, at_letter):
    people = [ledger.person(name) for name in PEOPLE]
    ledger.publishes(message="We asked for this office.")
    write, written = actions.tell, []

    class Killed(BaseException):
        pass

    def die_after_posting(publication, reader, *, now):
        email = write(publication, reader, now=now)
        written.append(email)
        if len(written) == at_letter:
            raise Killed
        return email

    with monkeypatch.context() as broken:
        broken.setattr(actions, "tell", die_after_posting)
        with pytest.raises(Killed):
            actions.run(NOW)
    assert OutgoingEmail.objects.count() == at_letter - 1
    actions.run(NOW + timedelta(minutes=1))
    sent = OutgoingEmail.objects.filter(event="overview/mandate_published").values_list("to", flat=True)
    assert sorted(sent) == sorted([*(p.email for p in people), ledger.member.email])


def test_a_death_while_the_audience_is_written_down_leaves_nothing_half_done(ledger, monkeypatch):
    ledger.person("Samuel")
    ledger.publishes(message="We asked for this office.")

    class Killed(BaseException):
        pass

    def die(*_args, **_more):
        raise Killed

    with monkeypatch.context() as broken:
        broken.setattr(actions, "audience", die)
        with pytest.raises(Killed):
            actions.run(NOW)
    assert not Announced.objects.exists()
    actions.run(NOW)
    assert OutgoingEmail.objects.filter(event="overview/mandate_published").count() == 2


def test_two_choices_at_once_keep_one_row(ledger):
    person = ledger.person("Samuel")
    DigestPreference.objects.all().delete()

    def choose(number):
        actions.choose(person, by=person.user, rhythm="weekly", weekday=number, hour=9, zone="UTC")

    all_at_once(4, choose)
    assert DigestPreference.objects.filter(person=person).count() == 1
