"""A version that waits for its moment is known to nobody but those who write and issue it.

Every route is read twice by every role that may not know of it: before anybody began to write, and when the version
is scheduled. Nothing may differ, not a word, not a count, not a header.
"""

import itertools
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from mandate import actions as mandate_actions
from mandate import reading as mandate_reading
from mandate.models import Clause, DecisionStep, MandateVersion, Measure, Objective, Part, Power, Service
from pmo_portal.common.models import Organisation
from pmo_portal.outbox.models import OutgoingEmail
from pmo_portal.paper.actions import order
from pmo_portal.paper.models import Sheet
from stakeholders.digests import actions as digest_actions
from tests.house.conftest import Cast, Posted
from tests.house.routes import routes

pytestmark = pytest.mark.django_db
MARKER, NUMBER = "EMBARGOED", 4711
READERS = ("anonymous", "administrator", "head", "foreign", "sponsor")
# What differs from one answer to the next whatever happens.
TOKENS = re.compile(r'name="csrfmiddlewaretoken" value="[^"]*"|[\w-]+:[\w-]{6}:[\w-]{43}')
# These tell of the moment at which they are asked, or end the visit.
OF_THE_MOMENT = {"home:readyz", "home:healthz", "account_logout", "admin:logout"}
# One's own sign-in: where one is signed in, and secrets that are drawn anew. Looked through for the marker alone.
OF_THE_VISIT = "/me/sign-in/"
TEXTS = ("why_before", "why_asked_by", "why_noticed", "purpose", "helps", "message", "reports_to", "change_note")


def write_marked(by: Any) -> MandateVersion:
    """The next version, with the marker in every field of every part."""
    draft = mandate_actions.start_draft(by=by)
    MandateVersion.objects.filter(pk=draft.pk).update(number=NUMBER)
    draft.refresh_from_db()
    for name in TEXTS:
        setattr(draft, name, f"{MARKER} {name}.")
    draft.period_from, draft.review_on = timezone.localdate(), timezone.localdate() + timedelta(days=400)
    mandate_actions.save_part(draft, by=by)
    kept: list[Part] = [
        Objective(version=draft, text=MARKER, measure=MARKER),
        Service(version=draft, name=MARKER, what_you_get=MARKER, when=MARKER, how_to_ask=MARKER, who=MARKER),
        Clause(version=draft, kind="does", text=f"{MARKER} does."),
        Clause(version=draft, kind="shared", text=f"{MARKER} shares.", our_part=MARKER, your_part=MARKER),
        Clause(
            version=draft, kind="does_not", text=f"{MARKER} does not.", who_instead=MARKER, how_to_reach=MARKER,
            example=MARKER,
        ),
        Power(version=draft, kind="stop", text=MARKER, limit=MARKER),
        DecisionStep(version=draft, matter=MARKER, who=MARKER, limit=MARKER, answer_days=3),
        Measure(version=draft, text=MARKER, target=MARKER, where=MARKER),
    ]  # fmt: skip
    for part in kept:
        mandate_actions.save_part(part, by=by)
    return draft


def schedule(cast: Cast, at: datetime) -> MandateVersion:
    """Written, sent to review, approved, and published at a moment to come, with a letter."""
    version = mandate_actions.seal(write_marked(cast.users["member"]), by=cast.users["member"])
    told = {"by": cast.users["issuer"], "content_hash": version.content_hash}
    mandate_actions.approve(version, **told)
    mandate_actions.publish(version, **told, at=at, letter=f"{MARKER} letter.")
    return version


# --- every address ------------------------------------------------------------------------------
def values(posted: Posted, live: MandateVersion) -> dict[str, list[Any]]:
    """What may stand at each place of an address; of numbers and clauses also those that only the next one has."""
    agreement = posted.to_head.about.partition(":")[2]
    return {
        "number": [live.number, NUMBER],
        "clause": ["1.1", "2.1", "1.2"],
        "pk": list(dict.fromkeys([posted.sponsor.pk, posted.digest.pk, posted.to_head.pk, int(agreement)])),
        "slug": ["networks"],
        "part": ["clauses"],
        "place": ["purpose"],
        "token": [posted.leave],
        "digest": ["0" * 64],
        "colour": ["24429a"],
        "app_label": ["accounts"],
        "object_id": [1],
        "content_type_id": [1],
    }


def addresses(known: dict[str, list[Any]]) -> Iterator[tuple[str, str]]:
    for route in routes():
        names = dict.fromkeys(re.findall(r"<(?:\w+:)?(\w+)>", route.pattern))
        if route.name in OF_THE_MOMENT:
            continue
        for chosen in itertools.product(*(known.get(name, ["some"]) for name in names)):
            try:
                yield route.name, reverse(route.name, kwargs=dict(zip(names, chosen, strict=True)))
            except NoReverseMatch:
                continue


# Asked for by name, where an address takes one after its question mark.
ASKED_FOR = [
    *(f"/mandate/{page}?version={NUMBER}" for page in ("one-page/", "one-page.pdf", "mandate.pdf", "mandate.json")),
    f"/mandate/mandate.md?version={NUMBER}",
    *(f"/mandate/compare/?{query}" for query in (f"to={NUMBER}", f"from={NUMBER}", f"from=1&to={NUMBER}&show=all")),
    "/mandate/compare/?from=1&to=1",
    "/mandate/?area=networks",
]


def read(client: Client, address: str) -> tuple[Any, ...]:
    """All that an answer tells: status, headers that caches and programs read, and every word."""
    answer = client.get(address)
    told = b"".join(answer.streaming_content) if answer.streaming else answer.content
    headers = {name: answer.get(name) for name in ("Location", "Last-Modified", "Cache-Control", "Content-Type")}
    if not client.cookies:
        headers["ETag"] = answer.get("ETag")
    return answer.status_code, headers, TOKENS.sub("", told.decode(errors="replace"))


def is_of_accounts(name: str) -> bool:
    """Accounts and sign-in: read by one role alone, because they show each the same but the administrator more."""
    return name.startswith(("admin:", "account_", "mfa_", "sso", "door:"))


def read_all(cast: Cast, known: dict[str, list[Any]]) -> dict[tuple[str, str], tuple[Any, ...]]:
    found = {}
    for role in READERS:
        client = cast.client(role)
        theirs = [
            address for name, address in addresses(known) if role == "administrator" or not is_of_accounts(name)
        ]
        asked = [*theirs, *ASKED_FOR]
        found |= {(role, address): read(client, address) for address in asked}
    return found


def test_nothing_that_a_reader_can_ask_for_tells_of_it(cast: Cast, posted: Posted, live: MandateVersion) -> None:
    Organisation.objects.update(mandate_readers="anyone")
    known = values(posted, live)
    before = read_all(cast, known)
    schedule(cast, timezone.now() + timedelta(days=1))
    after = read_all(cast, known)
    differs = [key for key in before if before[key] != after[key] and not key[1].startswith(OF_THE_VISIT)]
    assert not differs, [(key, before[key], after[key]) for key in differs[:1]]
    assert not [key for key, (_status, _headers, words) in after.items() if MARKER in words]
    assert len({address for _role, address in after}) > 80, "every route was asked"


@pytest.mark.parametrize("role", ["anonymous", "head"])
def test_a_withdrawn_version_does_not_tell_its_readers_that_it_comes_again(
    cast: Cast, live: MandateVersion, role: str
) -> None:
    Organisation.objects.update(mandate_readers="anyone")
    told: dict[str, Any] = {"by": cast.users["issuer"]}
    mandate_actions.withdraw(live, **told, reason="Too much.")
    files = ("one-page/", "one-page.pdf", "mandate.pdf", "mandate.json", "mandate.md")
    asked = [f"/mandate/{name}?version={live.number}" for name in files]
    asked += [f"/mandate/{name}" for name in ("", "history/", "history/1/", "compare/?from=1&to=1", "feed/", "1.1/")]
    client = cast.client(role)
    # A PDF that was made is handed out; one of other words would not be there.
    for paper in (mandate_reading.one_page_on_paper, mandate_reading.whole_on_paper):
        Sheet.objects.filter(pk=order(paper(as_it_stands(live), None)).pk).update(state="made", pdf=b"%PDF-")
    before = {address: read(client, address) for address in asked}
    tomorrow = timezone.now() + timedelta(days=1)
    mandate_actions.publish(live, **told, content_hash=live.content_hash, at=tomorrow, letter="Again.")
    assert [address for address in asked if read(client, address) != before[address]] == []
    assert "Scheduled" in cast.client("issuer").get("/mandate/versions/").content.decode()


def as_it_stands(version: MandateVersion) -> MandateVersion:
    """The version as it stands in the database by now."""
    return MandateVersion.objects.with_parts().get(pk=version.pk)


def test_those_who_write_and_issue_it_do_see_it(cast: Cast, live: MandateVersion) -> None:
    schedule(cast, timezone.now() + timedelta(days=1))
    for role in ("member", "lead", "issuer"):
        words = cast.client(role).get(f"/mandate/versions/{NUMBER}/").content.decode()
        assert MARKER in words, f"{role}: else the walk above would look for nothing"


def test_no_letter_tells_of_it_before_its_moment(cast: Cast, posted: Posted, live: MandateVersion) -> None:
    now = timezone.now()
    schedule(cast, now + timedelta(days=3))
    digest_actions.run(now + timedelta(days=2))
    may_know = {cast.users[role].email for role in ("member", "lead", "issuer")}
    others = OutgoingEmail.objects.exclude(to__in=may_know)
    assert others.exists()
    assert not [each for each in others if MARKER in f"{each.subject}{each.text}{each.html}"]
    assert not [each for each in others if re.search(rf"\b{NUMBER}\b", f"{each.subject}{each.text}")]


# --- and then it holds --------------------------------------------------------------------------
def test_at_its_second_every_page_turns_with_every_worker_stopped(
    cast: Cast, live: MandateVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    Organisation.objects.update(mandate_readers="anyone")
    at = timezone.now().replace(microsecond=0) + timedelta(days=1)
    schedule(cast, at)
    stranger, kept = Client(), {}
    turning = ("/mandate/", "/mandate/history/", "/mandate/feed/", "/api/mandate/")
    for address in turning:
        kept[address] = stranger.get(address)["ETag"]
    monkeypatch.setattr(timezone, "now", lambda: at - timedelta(seconds=1))
    for address in turning:
        assert stranger.get(address, headers={"If-None-Match": kept[address]}).status_code == 304, address
    monkeypatch.setattr(timezone, "now", lambda: at)
    for address in turning:
        answer = stranger.get(address, headers={"If-None-Match": kept[address]})
        assert answer.status_code == 200, address
        assert MARKER in answer.content.decode(), address
    assert MARKER in cast.client("head").get("/mandate/").content.decode()
