"""Nothing is asked by more than two letters; after that the PMO is told to call."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from pmo_portal.common.errors import RuleBroken
from pmo_portal.outbox import actions, letters
from pmo_portal.outbox.models import OutgoingEmail
from pmo_portal.outbox.reading import Asked, asked

Posted = Callable[..., OutgoingEmail]
ASK = {"kind": "action", "event": "agreements/agreement_proposed", "about": "revision:7", "to": "anna@example.org"}
NOW = timezone.now()
LATER = NOW + timedelta(days=3)
MUCH_LATER = NOW + timedelta(days=30)


@pytest.mark.django_db
def test_two_letters_ask_and_a_third_is_refused_with_what_to_do(posted: Posted) -> None:
    posted(**ASK, now=NOW)
    posted(**ASK, now=LATER)
    with pytest.raises(RuleBroken, match=r"^Two letters have gone to Anna about this\. Call Anna\.$"):
        posted(**ASK, name="Anna", now=MUCH_LATER)
    assert [email.turn for email in OutgoingEmail.objects.order_by("posted_at")] == [1, 2]


@pytest.mark.django_db
@pytest.mark.parametrize("sooner", [timedelta(), timedelta(days=1), timedelta(days=3, seconds=-1)])
def test_the_second_comes_three_days_after_the_first_and_not_sooner(posted: Posted, sooner: timedelta) -> None:
    posted(**ASK, now=NOW)
    with pytest.raises(RuleBroken, match="A second one may follow from"):
        posted(**ASK, now=NOW + sooner)
    assert OutgoingEmail.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    "other", [{"to": "ben@example.org"}, {"about": "revision:8"}, {"event": "agreements/agreement_shared"}]
)
def test_another_address_version_or_question_begins_anew(posted: Posted, other: dict[str, str]) -> None:
    posted(**ASK, now=NOW)
    posted(**ASK, now=LATER)
    assert posted(**{**ASK, **other}, now=LATER).turn == 1


@pytest.mark.django_db
def test_what_only_tells_is_not_counted_nor_limited(posted: Posted) -> None:
    for _time in range(4):
        assert posted(**{**ASK, "kind": "notice"}, now=NOW).turn is None
    assert posted(**ASK, now=NOW).turn == 1


@pytest.mark.django_db
def test_a_letter_that_failed_has_asked_nobody(posted: Posted) -> None:
    first = posted(**ASK, now=NOW)
    OutgoingEmail.objects.filter(pk=first.pk).update(state="failed", reason="No such mailbox")
    assert asked(["revision:7"]) == {(ASK["event"], "revision:7", ASK["to"]): Asked((), "No such mailbox")}
    assert posted(**ASK, now=NOW).turn == 1
    posted(**ASK, now=LATER)
    with pytest.raises(RuleBroken, match="Call"):
        posted(**ASK, now=MUCH_LATER)


@pytest.mark.django_db
def test_what_was_asked_is_told_by_event_record_and_address(posted: Posted) -> None:
    posted(**ASK, now=NOW)
    posted(**ASK, now=LATER)
    posted(**{**ASK, "kind": "notice"}, now=LATER)
    [(thing, sent)] = asked(["revision:7", "revision:8"]).items()
    assert thing == (ASK["event"], "revision:7", ASK["to"])
    assert (sent.at, sent.is_used_up) == ((NOW, LATER), True)


@pytest.mark.django_db
def test_the_database_takes_no_third_whoever_writes_it(posted: Posted) -> None:
    first = posted(**ASK, now=NOW)
    posted(**ASK, now=LATER)
    for turn in (1, 2, 3):
        with pytest.raises(IntegrityError), transaction.atomic():
            OutgoingEmail.objects.create(
                **{**ASK, "turn": turn}, subject="x", text="x", raw=b"x", message_id=f"<{turn}>", sha256="x",
                posted_at=first.posted_at,
            )  # fmt: skip


@pytest.mark.django_db
def test_a_second_letter_says_so_in_its_subject_and_first_line(silent_bell: list[Any]) -> None:
    facts = {"area": "Finance", "revision": None, "by": "Tomas", "to": "Anna", "url": "https://portal.example.org/x"}
    first = letters.send(**ASK, context=facts, now=NOW)
    second = letters.send(**ASK, context=facts, now=LATER)
    assert second.subject == f"Second letter: {first.subject}"
    assert second.text.startswith("This is our second letter about this, and the last one")
    assert "This is our second letter about this" in second.html
    assert "second letter" not in first.subject + first.text + first.html
    with pytest.raises(RuleBroken, match="Two letters have gone to Anna about this"):
        letters.send(**ASK, context=facts, now=MUCH_LATER)


@pytest.mark.django_db
def test_of_several_those_are_told_who_still_may_be(posted: Posted) -> None:
    def send(to: str) -> None:
        posted(**{**ASK, "to": to}, now=LATER)

    for when in (NOW - timedelta(days=3), NOW):
        posted(**ASK, now=when)
    assert letters.send_each(send, ["anna@example.org", "ben@example.org"]) == ["ben@example.org"]
    with pytest.raises(RuleBroken, match="Two letters have gone to anna"):
        letters.send_each(send, ["anna@example.org"])
    assert letters.send_each(send, []) == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("before", [0, 1])
def test_two_clicks_at_once_send_one_letter(ledger: None, posted: Posted, before: int) -> None:
    for _time in range(before):
        posted(**ASK, now=NOW)
    start = threading.Barrier(4)

    def click(_number: int) -> str:
        try:
            start.wait()
            with transaction.atomic():
                posted(**ASK, name="Anna", now=LATER)
            return "sent"
        except RuleBroken as refusal:
            return str(refusal)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        ended = list(pool.map(click, range(4)))
    assert ended.count("sent") == 1
    assert all("Anna" in words for words in ended if words != "sent")
    assert OutgoingEmail.objects.count() == before + 1


@pytest.mark.django_db
def test_the_rule_is_the_post_rooms_own_and_not_the_slots(posted: Posted) -> None:
    """Whoever goes past the slot, straight to the verb, meets it too."""
    letter = letters.Letter("Subject", "Text", "")
    for when in (NOW, LATER):
        actions.post(**ASK, letter=letter, now=when)
    with pytest.raises(RuleBroken):
        actions.freeze(**ASK, letter=letter, now=MUCH_LATER)
