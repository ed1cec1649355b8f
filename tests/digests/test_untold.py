"""When people cannot be told of a publication: it stays live, is marked and tried again; the lead hears it once."""

from datetime import timedelta

import pytest

from mandate import actions as mandate
from mandate.models import Approval, MandateVersion, Publication, Untold
from pmo_portal.outbox import letters as post_room
from pmo_portal.outbox.models import OutgoingEmail
from stakeholders.digests import actions
from stakeholders.digests.models import Announced, Announcement, Delivery, Owed
from stakeholders.understanding.actions import acknowledge
from tests.digests.conftest import MONDAY, at
from tests.letters import paths_in

PUBLISHED = at(MONDAY - timedelta(days=3))
WHY = "We lost a summer to surprises."
MINUTE = timedelta(minutes=1)


class OutOfInk(Exception):
    pass


def fail(*_args, **_more):
    raise OutOfInk


def ticks(house, *minutes):
    for minute in minutes:
        house.tick(PUBLISHED + minute * MINUTE)


def letters(event, **more):
    return OutgoingEmail.objects.filter(event=event, **more)


def issued():
    return letters("overview/mandate_published")


def scheduled(house, minute, message=""):
    """The next version, to go live so many minutes after the first; nothing proclaims it but the clock."""
    version = house.version(2, "More.")
    decided = {"by": house.issuer, "capacity": "Issuer", "at": PUBLISHED}
    approval = Approval.objects.create(version=version, content_hash=version.content_hash, **decided)
    return Publication.objects.create(
        version=version, approval=approval, publish_at=PUBLISHED + minute * MINUTE, message=message, **decided
    )


def newest_digest(name):
    return " ".join(Delivery.objects.filter(person__name=name).latest("due_at").email.text.split())


@pytest.fixture
def published(house):
    house.person("Samuel")
    house.publishes(message=WHY, when=PUBLISHED)
    return Publication.objects.get()


def test_it_stays_live_and_is_marked(house, published, monkeypatch):
    monkeypatch.setattr(actions, "tell", fail)
    ticks(house, 1)
    assert MandateVersion.objects.live(PUBLISHED + MINUTE).get() == published.version
    untold = Untold.objects.get()
    assert (untold.letters, untold.tries, untold.since) == (2, 1, PUBLISHED + MINUTE)


def test_the_lead_is_told_once_with_the_way_to_the_version(house, published, monkeypatch):
    monkeypatch.setattr(actions, "tell", fail)
    ticks(house, 1, 2, 3, 10, 60, 300)
    letter = letters("mandate/announcement_failed").get()
    assert letter.to == house.member.email
    assert "2 letters about it could not be written" in " ".join(letter.text.split())
    assert paths_in(letter.text) == ["/mandate/versions/1/"]
    assert len(letter.subject) <= 50


def test_it_is_tried_later_each_time_and_never_twice_a_minute(house, published, monkeypatch):
    tried = []

    def keep(publication, reader, *, now):
        tried.append(now)
        raise OutOfInk

    monkeypatch.setattr(actions, "tell", keep)
    ticks(house, *range(1, 34), *range(33, 20, -1))
    minutes = sorted({(moment - PUBLISHED) // MINUTE for moment in tried})
    assert minutes == [1, 2, 4, 8, 16, 32]
    assert len(tried) == 2 * len(minutes)
    assert mandate.pause_after(40) == timedelta(hours=1)


def test_when_it_works_again_everybody_gets_the_letter_once_and_the_mark_is_gone(house, published, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr(actions, "tell", fail)
        ticks(house, 1, 2)
    assert not issued().exists()
    ticks(house, 3, 4, 5)
    assert issued().count() == 2
    assert Untold.objects.get().mended_at == PUBLISHED + 4 * MINUTE
    ticks(house, 6, 7)
    assert issued().count() == 2


def test_one_who_cannot_be_told_does_not_hold_up_the_others(house, published, monkeypatch):
    whole = actions.tell

    def fail_for_one(publication, reader, *, now):
        return fail() if reader.user == house.member else whole(publication, reader, now=now)

    monkeypatch.setattr(actions, "tell", fail_for_one)
    ticks(house, 1)
    assert issued().count() == 1
    assert Untold.objects.get().letters == 1


def test_where_no_letter_at_all_can_be_written_the_lead_is_told_as_soon_as_one_can(house, published, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr(post_room, "compose", fail)
        ticks(house, 1, 2, 3)
        assert not OutgoingEmail.objects.exists()
        assert Untold.objects.get().told_at is None
    ticks(house, 4)
    assert letters("mandate/announcement_failed").count() == 1
    assert issued().count() == 2


def test_not_even_knowing_to_whom_it_goes_is_marked_and_mended_too(house, published, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr(actions, "audience", fail)
        ticks(house, 1, 2, 3)
        assert (Untold.objects.get().letters, Untold.objects.get().tries) == (0, 2)
        assert not Announced.objects.exists()
    assert "could not be made ready" in " ".join(letters("mandate/announcement_failed").get().text.split())
    ticks(house, 4)
    assert issued().count() == 2
    assert Untold.objects.get().mended_at


def test_the_digest_goes_on_meanwhile_and_does_not_tell_it_before_the_letter(house, published, monkeypatch):
    person = house.person("Sylvia")
    house.agreed(house.revision())
    monkeypatch.setattr(actions, "audience", fail)
    house.tick()
    text = house.letter(person).text
    assert "Finance" in text
    assert "published the mandate" not in " ".join(text.split())


def test_a_journal_that_cannot_be_written_is_tried_again_like_a_letter(house, published, monkeypatch):
    late = scheduled(house, 30)
    with monkeypatch.context() as broken:
        broken.setattr(actions, "proclaim_one", fail)
        ticks(house, 31)
        assert Untold.objects.get(publication=late).tries == 1
    ticks(house, 32, 33)
    assert Untold.objects.get(publication=late).mended_at
    assert late.version.key in {owed.event.subject for owed in Owed.objects.select_related("event")}


@pytest.mark.parametrize("what", ["withdrawn", "overtaken"])
def test_a_letter_about_words_that_hold_no_more_is_not_written_late(house, published, monkeypatch, what):
    with monkeypatch.context() as broken:
        broken.setattr(actions, "tell", fail)
        ticks(house, 1)
    if what == "withdrawn":
        mandate.withdraw(published.version, by=house.issuer, reason="No.", now=PUBLISHED + MINUTE)
    else:
        house.publishes(2, "More.", when=PUBLISHED + MINUTE)
    ticks(house, 2, 3)
    assert not issued().exists()
    assert set(Announcement.objects.values_list("state", flat=True)) == {Announcement.State.OVERTAKEN}
    assert Untold.objects.get().mended_at, "nobody is left who should be told of it"


# --- at a moment, withdrawn, published again ----------------------------------------------------------
def test_a_scheduled_letter_goes_at_its_moment_to_those_of_that_moment(house):
    made = scheduled(house, 40, WHY)
    ticks(house, 35)
    person = house.person("Samuel")
    ticks(house, 39)
    assert not issued().exists()
    ticks(house, 40)
    assert issued().filter(to=person.email).count() == 1
    assert made.announced


def test_a_withdrawal_is_told_in_the_digest_in_place_of_the_publication(house):
    person = house.person("Samuel")
    house.publishes(when=PUBLISHED)
    version = MandateVersion.objects.get()
    mandate.withdraw(version, by=house.issuer, reason="It promised too much.", now=PUBLISHED + MINUTE)
    house.tick()
    text = " ".join(house.letter(person).text.split())
    assert "withdrew the mandate of the Project Office" in text
    assert "It promised too much." in text
    assert "published the mandate" not in text


def test_who_was_told_by_letter_reads_of_the_withdrawal_in_the_digest(house, published):
    ticks(house, 1)
    mandate.withdraw(published.version, by=house.issuer, reason="It promised too much.", now=PUBLISHED + 2 * MINUTE)
    house.tick()
    assert "It promised too much." in newest_digest("Samuel")


def test_published_again_without_a_letter_the_digest_tells_it_to_those_who_had_one_before(house, published):
    ticks(house, 1)
    version = published.version
    mandate.withdraw(version, by=house.issuer, reason="No.", now=PUBLISHED + 2 * MINUTE)
    again = Publication.objects.create(
        version=version, approval=published.approval, publish_at=PUBLISHED + 9 * MINUTE, by=house.issuer,
        capacity="Issuer", at=PUBLISHED + 9 * MINUTE,
    )  # fmt: skip
    ticks(house, 9)
    assert again.proclaimed
    house.tick()
    assert "published the mandate" in newest_digest("Samuel")


def test_where_another_version_holds_by_then_the_digest_tells_of_that_alone(house):
    house.person("Samuel")
    house.publishes(when=PUBLISHED)
    mandate.withdraw(MandateVersion.objects.get(), by=house.issuer, reason="No.", now=PUBLISHED + MINUTE)
    house.publishes(2, "Less of it.", when=PUBLISHED + 2 * MINUTE)
    house.tick()
    assert "Less of it." in newest_digest("Samuel")
    assert "withdrew" not in newest_digest("Samuel")


def test_that_none_holds_is_not_said_to_who_was_told_by_letter_of_the_next_and_has_read_it(house):
    person = house.person("Samuel")
    house.publishes(when=PUBLISHED, note="Too much.")
    mandate.withdraw(MandateVersion.objects.get(), by=house.issuer, reason="No.", now=PUBLISHED + MINUTE)
    house.publishes(2, "Less of it.", when=PUBLISHED + 2 * MINUTE, message=WHY)
    second = MandateVersion.objects.get(number=2)
    acknowledge(second, person=person, by=person.user, content_hash=second.content_hash)
    house.agreed(house.revision())
    ticks(house, 3)
    assert issued().filter(to=person.email).exists()
    assert "none holds" not in newest_digest("Samuel")
    assert "published the mandate" not in newest_digest("Samuel"), "what was withdrawn is no news any more"
