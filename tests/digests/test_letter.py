"""What the letter says: the fact in the subject, a few lines, a way out."""

import re
from datetime import timedelta
from email import message_from_bytes, policy

import pytest

from pmo_portal.journal.actions import record
from stakeholders.digests.reading.digest import subject_of
from stakeholders.digests.reading.lines import Digest, Line
from tests.digests.conftest import MONDAY, TODAY, at
from tests.letters import paths_in


def words(text):
    return " ".join(text.split())


def kept(house, revision, text, side="pmo", evidence="See the calendar"):
    promise = house.promise(revision, text, TODAY, side)
    type(promise).objects.filter(pk=promise.pk).update(state="kept")
    return record(
        kind="promise_kept", subject=f"promise:{promise.pk}", scope=house.finance.scope,
        at=at(MONDAY - timedelta(days=1)), area="Finance", side=side, text=text, evidence=evidence,
    )  # fmt: skip


# --- the subject --------------------------------------------------------------------------------
def test_the_subject_is_the_fact_with_what_waits_first():
    digest = Digest(
        needs=[Line("a", "…"), Line("b", "…")], changed=[Line("c", "…", headline="Finance agreement renewed")]
    )
    assert subject_of(digest) == "2 agreements wait for you"
    digest = Digest(needs=digest.needs[:1], changed=[Line("c", "…", headline="Mandate version 2")])
    assert subject_of(digest) == "1 agreement waits for you · Mandate version 2"


def test_a_long_name_gives_way_to_the_fact():
    long = Line("c", "…", headline="Infrastructure and Terminals agreement in force", short="Agreement in force")
    digest = Digest(changed=[Line("m", "…", headline="Mandate published"), long])
    assert subject_of(digest) == "Mandate published · Agreement in force"


@pytest.mark.parametrize("length", [1, 30, 49, 50, 51, 120])
def test_the_subject_never_exceeds_fifty_characters(length):
    digest = Digest(changed=[Line("c", "…", headline="x" * length), Line("d", "…", headline="Mandate version 2")])
    assert 0 < len(subject_of(digest)) <= 50


# --- the lines ----------------------------------------------------------------------------------
def test_the_mandate_comes_before_an_agreement_and_names_who_issued_it(house):
    person = house.person("Samuel")
    house.publishes()
    house.agreed(house.revision(), signed_by=["Maya Osei", "Ada Park"])
    house.tick()
    text = words(house.letter(person).text)
    assert "Helen Marsh published the mandate of the Project Office" in text
    assert "signed by Maya Osei and Ada Park" in text
    assert text.index("Helen Marsh published") < text.index("The agreement with Finance is in force")
    assert "Mandate, version 1 · " in text


def test_a_new_version_says_what_changed_and_an_editorial_one_that_nothing_did(house):
    person = house.person("Samuel")
    house.publishes(1, when=at(MONDAY - timedelta(days=30)))
    house.publishes(2, "Business cases from 50,000", when=at(MONDAY - timedelta(days=3)))
    house.publishes(3, "Plainer words", is_material=False, when=at(MONDAY - timedelta(days=2)))
    house.tick()
    text = words(house.letter(person).text)
    assert "published a new version of the mandate of the Project Office: Business cases from 50,000" in text
    assert "has better words, and means the same: Plainer words" in text


def test_one_agreement_has_one_line_and_the_newest_wins(house):
    head = house.person("Ada", "head")
    revision = house.revision()
    for days, kind in ((4, "agreement_shared"), (3, "agreement_proposed"), (2, "agreement_in_force")):
        house.agreed(revision, kind, when=at(MONDAY - timedelta(days=days)))
    house.tick()
    text = words(house.letter(head).text)
    assert text.count("agreement with Finance") == 1
    assert "is in force" in text


def test_what_waits_for_the_reader_is_not_said_a_second_time_under_changed(house):
    head = house.person("Ada", "head")
    house.agreed(house.revision(state="proposed"), "agreement_proposed")
    house.tick()
    text = house.letter(head).text
    assert "NEEDS YOU" in text
    assert "CHANGED" not in text


def test_kept_and_late_promises_of_both_sides_are_told(house):
    person = house.person("Samuel")
    revision = house.revision()
    kept(house, revision, "The closure calendar")
    house.promise(revision, "Answers in five days", MONDAY - timedelta(days=9), "area")
    house.tick()
    text = words(house.letter(person).text)
    assert "Kept: Project Office to Finance: The closure calendar See the calendar" in text
    assert "Late: Finance: Answers in five days" in text


def test_coming_dates_are_told_within_their_time(house):
    person = house.person("Samuel")
    revision = house.revision(period_to=MONDAY + timedelta(days=60))
    house.promise(revision, "Soon", MONDAY + timedelta(days=14))
    house.promise(revision, "Later", MONDAY + timedelta(days=15), "area")
    house.tick()
    text = words(house.letter(person).text)
    assert "The agreement with Finance ends on" in text
    assert "Soon" in text
    assert "Later" not in text


def test_more_than_fits_is_counted_with_a_link_and_nothing_is_dropped(house):
    person = house.person("Samuel")
    house.publishes(1)
    for number in range(2, 9):
        house.publishes(number, f"Change {number}")
    house.tick()
    letter = house.letter(person)
    assert "And 3 more" in words(letter.text)
    assert len(re.findall(r"Change \d", letter.text)) == 5
    page = house.client(person.user).get(f"/digests/whole/{house.delivery(person).pk}/")
    assert page.status_code == 200
    assert len(re.findall(r"Change \d", page.content.decode())) == 7


def test_names_are_shown_as_they_are_and_run_nothing(house):
    house.finance.name = "R&D <b>"
    house.finance.save()
    person = house.person("Samuel")
    house.agreed(house.revision(), signed_by=["<script>alert(1)</script>"])
    house.tick()
    letter = house.letter(person)
    assert "R&D <b>" in letter.text
    assert "R&D <b>" in letter.subject
    assert "<script" not in letter.html
    assert "R&amp;D &lt;b&gt;" in letter.html


def test_a_percent_sign_in_a_name_is_a_percent_sign(house):
    house.finance.name = "100 % Quality"
    house.finance.save()
    person = house.person("Samuel")
    house.agreed(house.revision(), signed_by=["A %s B"])
    house.tick()
    assert "100 % Quality" in words(house.letter(person).text)


def test_it_says_why_it_comes_how_often_and_how_to_change_or_stop_it(house):
    person = house.person("Samuel")
    house.publishes()
    house.tick()
    letter = house.letter(person)
    for part in (words(letter.text), words(letter.html)):
        assert "You get this because you are Sponsor of Finance." in part
        assert "every week on Monday at 09:00 (Europe/London)" in part
        assert "/digests/preferences/" in paths_in(part)
        assert "/digests/leave/" in part


def test_it_is_short_and_light(house):
    head = house.person("Ada", "head")
    revision = house.revision(period_to=MONDAY + timedelta(days=50))
    house.agreed(revision, signed_by=["Maya Osei", "Ada Park"])
    house.publishes()
    kept(house, revision, "The closure calendar, every Friday by noon")
    house.tick()
    letter = house.letter(head)
    assert len(letter.text.split()) < 220
    assert len(letter.html.encode()) < 60_000
    assert max(len(line) for line in letter.text.splitlines() if "http" not in line) <= 72


# --- the headers --------------------------------------------------------------------------------
def test_one_click_headers_name_the_address_that_leaves(house):
    person = house.person("Samuel")
    house.publishes()
    house.tick()
    headers = message_from_bytes(bytes(house.letter(person).raw), policy=policy.default)
    assert re.fullmatch(r"<http://testserver/digests/leave/[^/>]+/>", headers["List-Unsubscribe"])
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert headers["List-Id"]
    assert headers["Auto-Submitted"] == "auto-generated"
    assert "Project Office" in headers["From"]
