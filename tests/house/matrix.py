# ruff: noqa: E501  (a table: one line per row)
"""Who may do what: one line per route, method and stage, with the status that each role gets.

`login` is a redirect to the sign-in, `a/b` either of two. A foreign object is 404. `at` gives the route's arguments
and `send` the form, both from the stage's fixture, so that those who are let in and those who are not meet the same.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone

from mandate.models import MandateVersion, Publication
from mandate.reading import as_json
from pmo_portal.common import links
from pmo_portal.common.models import fingerprint_of
from stakeholders.agreements.models import Row as AgreementRow
from stakeholders.reorganisation import pasted, reading
from tests.house.conftest import ROLES, form_of_proposal

Facts = Callable[[Any], dict[str, Any]]


def none(_thing: Any) -> dict[str, Any]:
    return {}


@dataclass(frozen=True)
class Row:
    """One line of the matrix."""

    method: str
    route: str
    stage: str
    statuses: tuple[str, ...]
    at: Facts = none
    send: Facts = none
    note: str = field(default="")

    @property
    def by_role(self) -> dict[str, str]:
        return dict(zip(ROLES, self.statuses, strict=True))

    def __str__(self) -> str:
        return f"{self.method} {self.route} {self.stage} {self.note}".strip()


def by_stage(lines: Iterable[Row]) -> dict[str, list[Row]]:
    """The lines by what has to be there for them: it is made once for all of these, and each leaves it as it was."""
    found: dict[str, list[Row]] = {}
    for line in lines:
        found.setdefault(line.stage, []).append(line)
    return found


def row(
    method: str, route: str, stage: str, statuses: str, at: Facts = none, send: Facts = none, note: str = ""
) -> Row:
    return Row(method, route, stage, tuple(statuses.split()), at, send, note)


# --- who is let in: anonymous, member, lead, issuer, administrator, head, foreign head, sponsor --
EVERYBODY = "200 200 200 200 200 200 200 200"
SIGNED_IN = "login 200 200 200 200 200 200 200"
PMO_READS = "login 200 200 403 403 403 403 403"
NOBODY = " ".join(["404"] * 8)
NOT_THERE_TO_READERS = "login 404 404 404 404 404 404 404"
PMO_DOES_ = "login 302 302 403 403 403 403 403"
PMO_IN_CONFLICT = "login 409 409 403 403 403 403 403"


# --- arguments and forms ------------------------------------------------------------------------
def agreement(revision: Any) -> dict[str, Any]:
    return {"pk": revision.agreement_id}


def numbered(revision: Any) -> dict[str, Any]:
    return {"pk": revision.agreement_id, "number": revision.number}


def its_row(revision: Any) -> dict[str, Any]:
    return {"pk": revision.agreement_id, "row_pk": revision.rows.first().pk}


def row_it_answers(answer: Any) -> dict[str, Any]:
    return {"pk": answer.agreement_id, "row_pk": answer.rows.first().came_from_id}


def as_it_reads(answer: Any) -> dict[str, Any]:
    return {"seen": fingerprint_of(answer.rows.get(), list(AgreementRow.SAYS))}


def hash_of_words(answer: Any) -> dict[str, Any]:
    return {"hash": answer.fingerprint()}


def area(cast: Any) -> dict[str, Any]:
    return {"slug": cast.area.slug}


def of_its_area(revision: Any) -> dict[str, Any]:
    return {"slug": revision.agreement.area.slug}


def clause_in_its_area(revision: Any) -> dict[str, Any]:
    return {**of_its_area(revision), "key": revision.mandate_version.clauses.first().key}


def of_meaning(meaning: Any) -> dict[str, Any]:
    return {"slug": meaning.area.slug, "key": meaning.clause_key}


def sponsor(cast: Any) -> dict[str, Any]:
    return {"pk": cast.people["sponsor"].pk}


def role_of_sponsor(cast: Any) -> dict[str, Any]:
    return {"pk": cast.people["sponsor"].roles.get().pk}


def version(version: Any) -> dict[str, Any]:
    return {"number": version.number}


def purpose(version: Any) -> dict[str, Any]:
    return {"number": version.number, "place": "purpose"}


def of_suggestion(suggestion: Any) -> dict[str, Any]:
    return {"number": suggestion.version.number}


def that_suggestion(suggestion: Any) -> dict[str, Any]:
    return {"number": suggestion.version.number, "pk": suggestion.pk}


class Again(BytesIO):
    """A file that several roles send, each from its beginning."""

    def read(self, size: int | None = -1, /) -> bytes:
        self.seek(0)
        return super().read(size)


def as_file(version: Any) -> BytesIO:
    """A version as the file that was written of it."""
    return Again(as_json(MandateVersion.objects.with_parts().get(pk=version.pk)).encode())


def published_by(what: str) -> Facts:
    return lambda version: {"hash": version.content_hash, "what": what, "letter": "We asked for this office."}


def its_publication(version: Any) -> dict[str, Any]:
    return {"number": version.number, "pk": Publication.objects.get(version=version).pk}


def at_noon(days: int = 3, *, seen: bool = True, others: str = "") -> Facts:
    """Published with a letter, at noon some days from now."""
    at = datetime.combine(TODAY + timedelta(days=days), time(12), ZoneInfo("Europe/London"))
    moment = {"when": "at", "day": at.date(), "time": "12:00", "seen": at.isoformat() if seen else ""}
    return lambda version: {**published_by("send")(version), **moment, "others": others}


def objective(version: Any) -> dict[str, Any]:
    return {"part": "objectives", "pk": version.objectives.first().pk}


def a_step(version: Any) -> dict[str, Any]:
    return {"part": "decisions", "pk": version.decisions.first().pk}


def promise_of(side: str) -> Facts:
    def promise(revision: Any) -> dict[str, Any]:
        return {"pk": revision.rows.first().promises.get(side=side).pk}

    return promise


def the_hash(thing: Any) -> dict[str, Any]:
    return {"hash": thing.content_hash}


def reason(thing: Any) -> dict[str, Any]:
    return {"hash": thing.content_hash, "reason": "Not this year."}


def always(**facts: Any) -> Facts:
    return lambda _thing: facts


def setup_token(_thing: Any) -> dict[str, Any]:
    return {"token": links.sign("setup", 1)}


def follower(purpose: str) -> Facts:
    return lambda cast: {"token": links.sign(purpose, cast.users["administrator"].pk)}


def harbour(_cast: Any) -> dict[str, Any]:
    plan = reading.paste(pasted.read("Harbour"), on=TODAY)
    return {"rows": "Harbour", "seen": plan.fingerprint()}


TODAY = timezone.localdate()
FOUR_CELLS = always(you_need="Calm", we_commit="A list", you_commit="Early word", you_will_notice="Calm")
PERIOD = always(aim="Calm", period_from=TODAY, period_to=TODAY + timedelta(days=90))
RHYTHM = always(rhythm="weekly", weekday=0, hour=9, zone="Europe/London")
ONE_LINE = always(**{
    "form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "1", "form-0-kind": "does", "form-0-text": "Keeps a calendar.",
})  # fmt: skip
WHY = always(why_before="Chaos", why_asked_by="The board", why_noticed="Calm")
OF_BEFORE = always(why_before="Chaos", why_asked_by="The board", why_noticed="Calm", seen="0" * 64)

MATRIX = [
    # route, method, stage                                anon  memb lead issu admi head fore spon
    row("GET", "home:home", "nothing", "login 200 200 302 302 302 302 302"),
    row("GET", "home:me", "in_force", SIGNED_IN),
    row("GET", "home:organisation", "nothing", "login 403 200 403 200 403 403 403"),
    row("POST", "home:organisation", "nothing", "login 403 302 403 302 403 403 403", send=always(
        name="Fairhaven", office_name="PMO", mandate_readers="organisation", time_zone="Europe/London")),
    row("GET", "home:accent", "nothing", "200 200 200 200 200 200 200 200", always(colour="24429a")),
    row("POST", "home:remove_logo", "with_logo", "login 403 302 403 302 403 403 403"),
    row("GET", "home:logo", "with_logo", EVERYBODY, lambda it: {"digest": it.logo_digest}, note="open to all"),
    row("GET", "home:logo", "nothing", NOBODY, always(digest="0" * 64), note="another one"),
    row("GET", "home:set_up", "not_set_up", EVERYBODY, setup_token),
    row("POST", "home:set_up", "not_set_up", " ".join(["302"] * 8), setup_token, always(
        name="Harbour", office_name="PMO", your_name="Ada", email="ada@harbour.example", time_zone="Europe/Paris")),
    row("GET", "home:set_up", "nothing", NOBODY, setup_token, note="somebody is appointed"),
    row("POST", "home:set_up", "nothing", NOBODY, setup_token, note="somebody is appointed"),
    row("GET", "home:set_up", "not_set_up", NOBODY, always(token="some"), note="another token"),
    row("POST", "home:theme", "nothing", "login 302 302 302 302 302 302 302", send=always(theme="dark")),
    row("GET", "home:healthz", "nothing", EVERYBODY),
    row("GET", "home:readyz", "nothing", " ".join(["200/503"] * 8), note="503 until the clock has rung"),
    # The mandate.
    row("GET", "mandate:compare", "live", SIGNED_IN, note="and there is one alone"),
    row("GET", "mandate:compare", "nothing", SIGNED_IN, note="and there is none"),
    row("GET", "mandate:compare", "two_versions", SIGNED_IN, note="and two have been published"),
    row("GET", "mandate:compare", "draft_mandate", SIGNED_IN, note="and the next is being written"),
    row("GET", "mandate:live", "live", SIGNED_IN),
    row("GET", "mandate:live", "nothing", SIGNED_IN, note="and none is live"),
    row("GET", "mandate:clause", "live", SIGNED_IN, always(clause="1.1"), note="open to readers"),
    row("GET", "mandate:clause", "live", NOT_THERE_TO_READERS, always(clause="9.9"), note="of no version"),
    row("GET", "mandate:clause", "nothing", NOT_THERE_TO_READERS, always(clause="1.1"), note="and none is live"),
    row("GET", "mandate:history", "live", SIGNED_IN),
    row("GET", "mandate:history", "nothing", SIGNED_IN, note="and none was published"),
    row("GET", "mandate:history_version", "live", SIGNED_IN, version, note="open to readers"),
    row("GET", "mandate:history_version", "in_review", NOT_THERE_TO_READERS, version, note="that waits"),
    row("GET", "mandate:feed", "live", NOBODY, note="not open to everybody"),
    row("GET", "api:mandate", "live", "401 200 200 200 200 200 200 200"),
    row("GET", "api:mandate", "nothing", "401 404 404 404 404 404 404 404", note="and none is live"),
    row("POST", "api:mandate", "live", " ".join(["405"] * 8), note="which is only read"),
    row("GET", "mandate:one_page", "live", SIGNED_IN),
    row("GET", "mandate:one_page", "nothing", SIGNED_IN, note="and none is live"),
    row("GET", "mandate:one_page_pdf", "live", SIGNED_IN, note="and nobody asked before"),
    row("GET", "mandate:one_page_pdf", "nothing", "login 404 404 404 404 404 404 404", note="and none is live"),
    row("POST", "mandate:one_page_pdf", "live", "login 302 302 302 302 302 302 302"),
    row("GET", "mandate:pdf", "live", SIGNED_IN),
    row("POST", "mandate:pdf", "live", "login 302 302 302 302 302 302 302"),
    row("GET", "mandate:json", "live", SIGNED_IN),
    row("GET", "mandate:json", "nothing", "login 404 404 404 404 404 404 404", note="and none is live"),
    row("GET", "mandate:markdown", "live", SIGNED_IN),
    row("POST", "mandate:acknowledge", "live", "login 403 403 403 403 302 302 302", send=the_hash),
    row("POST", "mandate:acknowledge", "live", "login 403 403 403 403 409 409 409", send=always(hash="x"), note="stale"),
    row("POST", "mandate:follow", "live", "login 302 302 302 302 302 302 302", send=always(what="follow")),
    row("POST", "mandate:follow", "followed", "login 302 302 302 302 302 302 302", send=always(what="stop"), note="stops it"),
    row("GET", "mandate:live", "followed", SIGNED_IN, note="and somebody follows it"),
    row("GET", "mandate:live", "changed", SIGNED_IN, note="and it has changed since some read it"),
    # Who has read it: the PMO's alone.
    row("GET", "understanding:readers", "changed", PMO_READS),
    row("GET", "understanding:readers", "nothing", PMO_READS, note="and none is live"),
    row("GET", "understanding:choose", "nothing", PMO_READS),
    row("POST", "understanding:choose", "nothing", PMO_DOES_, send=lambda cast: {"kinds": ["head"], "areas": [cast.area.pk], "days": 14}),
    row("POST", "understanding:choose", "nothing", "login 422 422 403 403 403 403 403", send=always(days=0), note="no day at all"),
    row("GET", "understanding:waive", "changed", PMO_READS, sponsor),
    row("POST", "understanding:waive", "changed", PMO_DOES_, sponsor, always(reason="Away until June.")),
    row("POST", "understanding:waive", "changed", "login 422 422 403 403 403 403 403", sponsor, note="without a reason"),
    row("GET", "understanding:export", "changed", PMO_READS),
    row("GET", "understanding:export", "nothing", "login 302 302 403 403 403 403 403", note="and none is live"),
    row("GET", "understanding:records", "changed", PMO_READS),
    row("GET", "mandate:draft", "draft_mandate", PMO_READS),
    row("GET", "mandate:draft", "nothing", PMO_READS, note="and there is none"),
    row("GET", "mandate:preview", "draft_mandate", PMO_READS),
    row("GET", "mandate:preview", "nothing", "login 404 404 403 403 403 403 403", note="and there is none"),
    row("POST", "mandate:start", "live", PMO_DOES_),
    row("POST", "mandate:seal", "draft_mandate", PMO_DOES_),
    row("GET", "mandate:part", "draft_mandate", PMO_READS, always(part="why")),
    row("POST", "mandate:part", "draft_mandate", PMO_DOES_, always(part="why"), WHY),
    row("GET", "mandate:part", "draft_mandate", PMO_READS, always(part="clauses"), note="clauses"),
    row("GET", "mandate:part", "draft_mandate", PMO_READS, always(part="decisions"), note="who decides"),
    row("GET", "mandate:part", "draft_mandate", PMO_READS, always(part="powers"), note="authority"),
    row("GET", "mandate:part", "draft_mandate", PMO_READS, always(part="measures"), note="measures"),
    row("GET", "mandate:part", "draft_mandate", PMO_READS, always(part="message"), note="the issuer's word"),
    row("GET", "mandate:part", "draft_mandate", PMO_READS, always(part="frame"), note="the frame"),
    row("POST", "mandate:part", "draft_mandate", PMO_IN_CONFLICT, always(part="why"), OF_BEFORE, note="written by two"),
    row("GET", "mandate:add_row", "draft_mandate", PMO_READS, always(part="powers"), note="authority"),
    row("GET", "mandate:add_row", "draft_mandate", PMO_READS, always(part="decisions"), note="who decides"),
    row("GET", "mandate:add_row", "draft_mandate", PMO_READS, always(part="measures"), note="measures"),
    row("POST", "mandate:add_row", "draft_mandate", PMO_DOES_, always(part="decisions"), always(matter="Money"), note="half-written"),
    row("POST", "mandate:row", "draft_mandate", PMO_IN_CONFLICT, always(part="services", pk=4711), always(name="Calm"), note="that is gone"),
    row("POST", "mandate:move_row", "draft_mandate", PMO_DOES_, a_step, always(to="path-down"), note="a path"),
    row("GET", "mandate:add_row", "draft_mandate", PMO_READS, always(part="services")),
    row("POST", "mandate:add_row", "draft_mandate", PMO_DOES_, always(part="objectives"), always(text="Calm")),
    row("GET", "mandate:incoming", "draft_mandate", PMO_READS),
    row("POST", "mandate:incoming", "draft_mandate", "login 200 200 403 403 403 403 403", send=lambda it: {"file": as_file(it)}),
    row("POST", "mandate:incoming", "draft_mandate", "login 422 422 403 403 403 403 403", note="without a file"),
    row("POST", "mandate:bring_in", "draft_mandate", PMO_DOES_, send=lambda it: {"document": as_file(it).getvalue().decode(), "seen": it.fingerprint(), "replace": "on"}),
    row("POST", "mandate:bring_in", "draft_mandate", "login 409 409 403 403 403 403 403", send=lambda it: {"document": as_file(it).getvalue().decode()}, note="and nobody said that the draft may go"),
    row("GET", "mandate:words", "draft_mandate", PMO_READS, always(part="clauses")),
    row("GET", "mandate:words", "draft_mandate", PMO_READS, always(part="services"), note="services"),
    row("POST", "mandate:words", "draft_mandate", PMO_DOES_, always(part="clauses"), always(words=["one-list"])),
    row("GET", "mandate:paste", "draft_mandate", PMO_READS),
    row("POST", "mandate:paste", "draft_mandate", PMO_READS, send=always(text="Keeps a list.")),
    row("POST", "mandate:paste_add", "draft_mandate", PMO_DOES_, send=ONE_LINE),
    row("GET", "mandate:row", "draft_mandate", PMO_READS, objective),
    row("POST", "mandate:row", "draft_mandate", PMO_DOES_, objective, always(text="Calm")),
    row("POST", "mandate:remove_row", "draft_mandate", PMO_DOES_, objective),
    row("POST", "mandate:move_row", "draft_mandate", PMO_DOES_, objective, always(to="up")),
    row("GET", "mandate:versions", "in_review", "login 200 200 200 403 403 403 403"),
    row("GET", "mandate:version", "in_review", "login 200 200 200 403 403 403 403", version),
    row("POST", "mandate:remind", "in_review", PMO_DOES_, version),
    row("POST", "mandate:remind", "approved", PMO_DOES_, version, note="and approved"),
    row("POST", "mandate:approve", "in_review", "login 403 403 302 403 403 403 403", version, the_hash),
    row("POST", "mandate:approve", "in_review", "login 403 403 409 403 403 403 403", version, note="without the hash"),
    row("GET", "mandate:letter_to_copy", "live", "login 200 200 200 403 403 403 403", version),
    row("GET", "mandate:letter_to_copy", "in_review", "login 404 404 404 403 403 403 403", version, note="unpublished"),
    row("GET", "mandate:publish", "in_review", "login 403 403 200 403 403 403 403", version),
    row("GET", "mandate:publish", "approved", "login 403 403 200 403 403 403 403", version, note="approved"),
    row("POST", "mandate:publish", "approved", "login 403 403 302 403 403 403 403", version, published_by("quiet")),
    row("POST", "mandate:publish", "in_review", "login 403 403 302 403 403 403 403", version, published_by("send"), "approves too"),
    row("POST", "mandate:publish", "in_review", "login 403 403 200 403 403 403 403", version, published_by("show"), "only looks"),
    row("POST", "mandate:publish", "in_review", "login 403 403 409 403 403 403 403", version, always(what="quiet"), "without the hash"),
    row("POST", "mandate:publish", "in_review", "login 403 403 200 403 403 403 403", version, at_noon(seen=False), "a moment nobody saw"),
    row("POST", "mandate:publish", "in_review", "login 403 403 302 403 403 403 403", version, at_noon(), "at a moment"),
    row("POST", "mandate:publish", "in_review", "login 403 403 422 403 403 403 403", version, at_noon(-3), "at a moment that has passed"),
    row("GET", "mandate:publish", "scheduled", "login 403 403 302 403 403 403 403", version, note="waits already"),
    row("GET", "mandate:publish", "beside_scheduled", "login 403 403 200 403 403 403 403", version, note="another waits"),
    row("POST", "mandate:publish", "beside_scheduled", "login 403 403 422 403 403 403 403", version, published_by("quiet"), "another waits, and nothing said of it"),
    row("POST", "mandate:publish", "beside_scheduled", "login 403 403 200 403 403 403 403", version, at_noon(seen=False, others="keep"), "another waits, and stays"),
    row("GET", "mandate:version", "approved", "login 200 200 200 403 403 403 403", version, note="approved"),
    row("GET", "mandate:version", "scheduled", "login 200 200 200 403 403 403 403", version, note="scheduled"),
    row("GET", "mandate:version", "revoked", "login 200 200 200 403 403 403 403", version, note="no longer approved"),
    row("GET", "mandate:version", "withdrawn", "login 200 200 200 403 403 403 403", version, note="withdrawn"),
    row("GET", "mandate:version", "live", "login 200 200 200 403 403 403 403", version, note="live"),
    row("GET", "mandate:version", "untold", "login 200 200 200 403 403 403 403", version, note="not everybody is told"),
    row("GET", "home:home", "untold", "login 200 200 302 302 302 302 302", note="not everybody is told"),
    row("GET", "mandate:live", "withdrawn", SIGNED_IN, note="withdrawn"),
    row("GET", "mandate:versions", "scheduled", "login 200 200 200 403 403 403 403", note="one waits for its moment"),
    row("POST", "mandate:cancel", "scheduled", "login 403 403 302 403 403 403 403", its_publication),
    row("POST", "mandate:cancel", "live", "login 403 403 302 403 403 403 403", its_publication, note="too late"),
    row("GET", "mandate:revoke", "approved", "login 403 403 200 403 403 403 403", version),
    row("GET", "mandate:revoke", "scheduled", "login 403 403 200 403 403 403 403", version, note="scheduled"),
    row("GET", "mandate:revoke", "in_review", "login 403 403 302 403 403 403 403", version, note="nothing to take back"),
    row("POST", "mandate:revoke", "approved", "login 403 403 302 403 403 403 403", version, reason),
    row("POST", "mandate:revoke", "approved", "login 403 403 422 403 403 403 403", version, note="without a reason"),
    row("GET", "mandate:withdraw", "live", "login 403 403 200 403 403 403 403", version),
    row("GET", "mandate:withdraw", "withdrawn", "login 403 403 302 403 403 403 403", version, note="and it was"),
    row("POST", "mandate:withdraw", "live", "login 403 403 302 403 403 403 403", version, reason),
    row("POST", "mandate:withdraw", "live", "login 403 403 422 403 403 403 403", version, note="without a reason"),
    row("POST", "mandate:withdraw", "withdrawn", "login 403 403 409 403 403 403 403", version, reason, "and it was"),
    row("GET", "mandate:send_back", "in_review", "login 403 403 200 403 403 403 403", version),
    row("POST", "mandate:send_back", "in_review", "login 403 403 302 403 403 403 403", version, reason),
    row("GET", "mandate:suggest", "in_review", "login 403 403 200 403 403 403 403", purpose),
    row("POST", "mandate:suggest", "in_review", "login 403 403 302 403 403 403 403", purpose, always(purpose="Other words.")),
    row("GET", "mandate:version", "suggested", "login 200 200 200 403 403 403 403", of_suggestion, note="with a suggestion"),
    row("POST", "mandate:take_back", "suggested", "login 403 403 302 403 403 403 403", that_suggestion),
    row("POST", "mandate:answer", "suggested", PMO_DOES_, of_suggestion, lambda it: {"shown": it.pk, "all": "yes"}),
    # What clauses mean in an area, and which area leans on which.
    row("GET", "mandate:areas", "meant", PMO_READS),
    row("GET", "mandate:areas", "nothing", PMO_READS, note="and no mandate is live"),
    row("GET", "mandate:meaning", "in_force", PMO_READS, clause_in_its_area),
    row("POST", "mandate:meaning", "in_force", PMO_DOES_, clause_in_its_area, always(text="By the berth plan.")),
    row("GET", "mandate:meaning", "meant", PMO_READS, of_meaning, note="that stands"),
    row("POST", "mandate:meaning", "meant", PMO_DOES_, of_meaning, note="taken back"),
    row("POST", "mandate:meaning", "meant", "login 409 409 403 403 403 403 403", of_meaning, always(text="No.", seen="x"), "overtaken"),
    row("GET", "mandate:live", "meant", SIGNED_IN, note="with a meaning"),
    row("GET", "areas:area", "meant", "login 200 200 404 404 200 404 404", lambda it: {"slug": it.area.slug}, note="with a meaning"),
    # Areas.
    row("GET", "areas:areas", "in_force", PMO_READS),
    row("GET", "areas:add", "nothing", PMO_READS),
    row("POST", "areas:add", "nothing", PMO_DOES_, send=always(name="Harbour")),
    row("GET", "areas:edit", "nothing", PMO_READS, area),
    row("POST", "areas:edit", "nothing", PMO_DOES_, area, always(name="Harbour")),
    row("GET", "areas:area", "in_force", "login 200 200 404 404 200 404 404", of_its_area),
    row("GET", "areas:area", "nothing", "login 200 200 404 404 200 404 404", area, note="and nothing is agreed"),
    row("GET", "reorganisation:paste", "nothing", PMO_READS),
    row("POST", "reorganisation:paste", "nothing", "login 200 200 403 403 403 403 403", send=always(rows="Harbour")),
    row("POST", "reorganisation:paste", "nothing", "login 422 422 403 403 403 403 403", send=always(rows=",Ada"), note="without an area"),
    row("POST", "reorganisation:bring_in", "nothing", PMO_DOES_, send=harbour),
    row("POST", "reorganisation:bring_in", "nothing", "login 409 409 403 403 403 403 403", send=always(rows="Harbour"), note="not seen before"),
    # People.
    row("GET", "people:people", "nothing", PMO_READS),
    row("GET", "people:add", "nothing", PMO_READS),
    row("POST", "people:add", "nothing", PMO_DOES_, send=always(name="Ada")),
    row("GET", "people:issuer", "no_issuer", "login 403 200 403 403 403 403 403"),
    row("POST", "people:issuer", "no_issuer", "login 403 302 403 403 403 403 403", send=always(name="Ivo", email="ivo@fairhaven.example")),
    row("GET", "people:issuer", "nothing", "login 403 409 403 403 403 403 403", note="and there is one"),
    row("POST", "people:issuer", "nothing", "login 403 409 403 403 403 403 403", send=always(name="Ivo", email="ivo@fairhaven.example"), note="and there is one"),
    row("GET", "people:person", "nothing", PMO_READS, sponsor),
    row("POST", "people:person", "nothing", PMO_DOES_, sponsor, always(name="Ada", email="sponsor@fairhaven.example")),
    row("GET", "home:waiting", "nothing", PMO_READS, sponsor),
    row("GET", "home:waiting", "in_force", PMO_READS, lambda it: {"pk": it.agreement.area.roles.first().person_id}, note="with letters"),
    row("GET", "people:invite_several", "nothing", PMO_READS),
    row("POST", "people:invite_several", "nothing", PMO_DOES_, send=lambda cast: {"who": [cast.people["sponsor"].pk]}),
    row("POST", "people:remind", "nothing", PMO_DOES_, sponsor),
    row("GET", "people:invite", "nothing", PMO_READS, sponsor),
    row("POST", "people:invite", "nothing", PMO_DOES_, sponsor),
    row(
        "POST", "people:give_role", "nothing", PMO_DOES_, sponsor,
        lambda cast: {"role-kind": "customer", "role-area": cast.area.pk, "role-starts_on": TODAY},
    ),
    row("POST", "people:end_role", "nothing", PMO_DOES_, role_of_sponsor),
    # Agreements.
    row("GET", "agreements:agreements", "in_force", PMO_READS),
    row("GET", "agreements:start", "live_with_cast", PMO_READS, area),
    row("POST", "agreements:start", "live_with_cast", PMO_DOES_, area, PERIOD),
    row("GET", "agreements:agreement", "draft_agreement", "login 200 200 404 404 404 404 404", agreement),
    row("GET", "agreements:agreement", "shared", "login 200 200 404 404 200 404 404", agreement),
    row("GET", "agreements:agreement", "proposed", "login 200 200 404 404 200 404 404", agreement),
    row("GET", "agreements:agreement", "in_force", "login 200 200 404 404 200 404 200", agreement),
    row("GET", "agreements:revision", "proposed", "login 200 200 404 404 200 404 404", numbered),
    row("GET", "agreements:revision", "in_force", "login 200 200 404 404 200 404 200", numbered),
    row("GET", "agreements:revision", "kept_back", "login 200 200 404 404 404 404 404", numbered),
    row("GET", "agreements:frame", "draft_agreement", PMO_READS, agreement),
    row("POST", "agreements:frame", "draft_agreement", PMO_DOES_, agreement, PERIOD),
    row("GET", "agreements:add_row", "draft_agreement", PMO_READS, agreement),
    row("POST", "agreements:add_row", "draft_agreement", PMO_DOES_, agreement, FOUR_CELLS),
    row("GET", "agreements:row", "draft_agreement", PMO_READS, its_row),
    row("POST", "agreements:row", "shared", PMO_DOES_, its_row, FOUR_CELLS),
    row("GET", "agreements:words", "draft_agreement", PMO_READS, agreement),
    row("GET", "agreements:words", "in_force", "login 404 404 403 403 403 403 403", agreement, note="and nothing is drafted"),
    row("POST", "agreements:words", "draft_agreement", PMO_DOES_, agreement, always(rows="budget")),
    row("POST", "agreements:remove_row", "draft_agreement", PMO_DOES_, its_row),
    row("POST", "agreements:note", "shared", "login 403 403 404 404 302 404 404", its_row, always(note="Fine.")),
    row("POST", "agreements:note", "draft_agreement", "login 403 403 404 404 404 404 404", its_row, always(note="Fine.")),
    row("POST", "agreements:note", "proposed", "login 403 403 404 404 302 404 404", its_row, always(note="Fine.")),
    row("GET", "agreements:change", "draft_agreement", "login 403 403 404 404 404 404 404", its_row),
    row("GET", "agreements:change", "shared", "login 403 403 404 404 200 404 404", its_row),
    row("POST", "agreements:change", "shared", "login 403 403 404 404 302 404 404", its_row, FOUR_CELLS),
    row("GET", "agreements:change", "proposed", "login 403 403 404 404 200 404 404", its_row),
    row("POST", "agreements:change", "proposed", "login 403 403 404 404 302 404 404", its_row, FOUR_CELLS),
    row("POST", "agreements:change", "in_force", "login 403 403 404 404 409 404 403", its_row, FOUR_CELLS, "too late"),
    row("GET", "agreements:change", "answered", "login 403 403 404 404 200 404 404", row_it_answers, note="again"),
    row("POST", "agreements:take_back", "answered", "login 403 403 404 404 302 404 404", row_it_answers, as_it_reads),
    row("POST", "agreements:take_back", "answered", "login 403 403 404 404 409 404 404", row_it_answers, note="without what was seen"),
    row("POST", "agreements:take_all_back", "answered", "login 403 403 404 404 302 404 404", agreement, hash_of_words),
    row("POST", "agreements:take_all_back", "proposed", "login 403 403 404 404 409 404 404", agreement, the_hash, "of a proposal"),
    row("GET", "agreements:agreement", "answered", "login 200 200 404 404 200 404 404", agreement, note="unsent words are the area's"),
    row("GET", "agreements:revision", "answered", "login 404 404 404 404 200 404 404", numbered),
    row("GET", "agreements:sign", "answered", "login 302 302 404 404 200 404 404", agreement),
    row("POST", "agreements:sign", "answered", "login 403 403 404 404 302 404 404", agreement, hash_of_words),
    row("POST", "agreements:sign", "answered", "login 403 403 404 404 409 404 404", agreement, note="without the hash"),
    row("GET", "agreements:agreement", "countered", "login 200 200 404 404 200 404 404", agreement),
    row("GET", "agreements:sign", "countered", "login 302 200 404 404 302 404 404", agreement),
    row("POST", "agreements:sign", "countered", "login 403 302 404 404 403 404 404", agreement, the_hash),
    row("GET", "agreements:decline", "countered", "login 403 200 404 404 403 404 404", agreement),
    row("POST", "agreements:decline", "countered", "login 403 302 404 404 403 404 404", agreement, reason),
    row("GET", "agreements:withdraw", "countered", "login 403 403 404 404 200 404 404", agreement),
    row("POST", "agreements:withdraw", "countered", "login 403 403 404 404 302 404 404", agreement, reason),
    row("POST", "agreements:revise", "countered", PMO_DOES_, agreement),
    row("POST", "agreements:share", "draft_agreement", PMO_DOES_, agreement),
    row("POST", "agreements:remind", "proposed", PMO_DOES_, agreement),
    row("POST", "agreements:remind", "shared", PMO_DOES_, agreement),
    row("POST", "agreements:remind", "in_force", "login 409 409 403 403 403 403 403", agreement, note="and nothing waits"),
    row("POST", "agreements:propose", "draft_agreement", "login 403 302 404 404 404 404 404", agreement, form_of_proposal),
    row("POST", "agreements:propose", "shared", "login 403 302 404 404 403 404 404", agreement, form_of_proposal),
    row("GET", "agreements:sign", "proposed", "login 302 302 404 404 200 404 404", agreement),
    row("POST", "agreements:sign", "proposed", "login 403 403 404 404 302 404 404", agreement, the_hash),
    row("POST", "agreements:sign", "proposed", "login 403 403 404 404 409 404 404", agreement, note="without the hash"),
    row("POST", "agreements:sign", "in_force", "login 403 403 404 404 409 404 403", agreement, the_hash, "again"),
    row("GET", "agreements:decline", "proposed", "login 403 403 404 404 200 404 404", agreement),
    row("POST", "agreements:decline", "proposed", "login 403 403 404 404 302 404 404", agreement, reason),
    row("GET", "agreements:withdraw", "proposed", "login 403 200 404 404 403 404 404", agreement),
    row("POST", "agreements:withdraw", "proposed", "login 403 302 404 404 403 404 404", agreement, reason),
    row("POST", "agreements:revise", "in_force", PMO_DOES_, agreement),
    row("GET", "agreements:promise", "in_force", "login 200 200 404 404 200 404 200", promise_of("pmo")),
    row(
        "POST", "agreements:promise", "in_force", "login 302 302 404 404 403 404 403",
        promise_of("pmo"), always(to="in_progress"), "of the PMO",
    ),
    row(
        "POST", "agreements:promise", "in_force", "login 403 403 404 404 302 404 403",
        promise_of("area"), always(to="in_progress"), "of the area",
    ),
    # Digests and letters.
    row("GET", "digests:archive", "posted", SIGNED_IN),
    row("GET", "digests:preferences", "posted", "login 404 404 404 404 200 200 200"),
    row("POST", "digests:preferences", "posted", "login 404 404 404 404 302 302 302", send=RHYTHM),
    row("GET", "digests:preferences_of", "posted", PMO_READS, lambda it: {"pk": it.sponsor.pk}),
    row("POST", "digests:preferences_of", "posted", PMO_DOES_, lambda it: {"pk": it.sponsor.pk}, RHYTHM),
    row("GET", "digests:letter", "posted", "login 200 200 404 404 404 404 200", lambda it: {"pk": it.digest.pk}),
    row("GET", "digests:letter", "posted", "login 200 200 404 404 200 404 404", lambda it: {"pk": it.to_head.pk}, note="to the head"),
    row("GET", "digests:letter", "posted", "login 404 404 404 404 404 404 404", lambda it: {"pk": it.secret.pk}, note="a code"),
    row("GET", "digests:letter_source", "posted", "login 200 200 404 404 404 404 200", lambda it: {"pk": it.digest.pk}),
    row("GET", "digests:letter_source", "posted", "login 404 404 404 404 404 404 404", lambda it: {"pk": it.secret.pk}, note="a code"),
    row("GET", "digests:whole", "posted", "login 200 200 404 404 404 404 200", lambda it: {"pk": it.digest.delivery.pk}),
    row("GET", "digests:outbox", "posted", PMO_READS),
    row("GET", "digests:unwritten", "posted", PMO_READS),
    row("GET", "digests:leave", "posted", EVERYBODY, lambda it: {"token": it.leave}),
    row("POST", "digests:leave", "posted", EVERYBODY, lambda it: {"token": it.leave}, always(choice="off")),
    row(
        "POST", "digests:leave", "posted", EVERYBODY,
        lambda it: {"token": it.leave}, always(**{"List-Unsubscribe": "One-Click"}), "one click",
    ),
    row("GET", "digests:leave", "posted", " ".join(["404"] * 8), lambda it: {"token": it.undo}, note="another token"),
    row("POST", "digests:leave", "posted", " ".join(["404"] * 8), lambda it: {"token": it.undo}, note="another token"),
    row("POST", "digests:undo", "posted", EVERYBODY, lambda it: {"token": it.undo}),
    row("GET", "digests:leave", "followed", EVERYBODY, follower("mandate-follow-leave"), note="of who follows the mandate"),
    row("POST", "digests:leave", "followed", EVERYBODY, follower("mandate-follow-leave"), always(choice="stop"), "of who follows the mandate"),
    row("POST", "digests:leave", "followed", EVERYBODY, follower("mandate-follow-leave"), note="and no choice"),
    row("GET", "digests:leave", "live_with_cast", EVERYBODY, follower("mandate-follow-leave"), note="of who does not follow it"),
    row("POST", "digests:undo", "followed", EVERYBODY, follower("mandate-follow-undo"), note="of who follows the mandate"),
    row("GET", "digests:leave", "followed", " ".join(["404"] * 8), follower("mandate-follow-undo"), note="the other token of who follows"),
    row("POST", "digests:undo", "posted", " ".join(["404"] * 8), lambda it: {"token": it.leave}, note="another token"),
]  # fmt: skip

# --- the door: our own, and allauth's views in our dress ------------------------------------------------
DOOR = "200 302 302 302 302 302 302 302"


def to_the_head(cast: Any) -> dict[str, Any]:
    return {"token": links.sign(links.WAY_IN, [cast.users["head"].pk, "/me/"])}


def forged(cast: Any) -> dict[str, Any]:
    return {"token": links.sign("digest-leave", [cast.users["head"].pk, "/me/"])}


WRONG_KEY = always(uidb36="1", key="a-b")
NEW_PASSWORD = always(password1="grey-lantern-4", password2="grey-lantern-4", oldpassword="quiet-harbour-9")

MATRIX += [
    # route, method, stage                                anon  memb lead issu admi head fore spon
    row("GET", "door:address", "nothing", DOOR),
    row("POST", "door:address", "nothing", " ".join(["302"] * 8), send=always(email="no@body.example")),
    row("GET", "door:code", "nothing", " ".join(["302"] * 8), note="and none was asked for"),
    row("POST", "door:code", "nothing", " ".join(["302"] * 8), send=always(code="123456"), note="and none was asked for"),
    row("GET", "door:letter", "nothing", "200 200 200 200 200 302 200 200", to_the_head),
    row("POST", "door:letter", "nothing", "302 200 200 200 200 302 200 200", to_the_head),
    row("GET", "door:letter", "nothing", " ".join(["404"] * 8), forged, note="forged"),
    row("POST", "door:letter", "nothing", " ".join(["404"] * 8), forged, note="forged"),
    row("GET", "door:not_me", "nothing", EVERYBODY, to_the_head),
    row("GET", "account_login", "nothing", DOOR),
    row("POST", "account_login", "nothing", DOOR, send=always(login="no@body.example", password="x")),
    row("GET", "account_logout", "nothing", "302 200 200 200 200 200 200 200"),
    row("POST", "account_logout", "nothing", " ".join(["302"] * 8)),
    row("GET", "account_inactive", "nothing", EVERYBODY),
    row("GET", "account_signup", "nothing", DOOR),
    row("POST", "account_signup", "nothing", DOOR, send=always(email="no@body.example", password1="grey-lantern-4")),
    row("GET", "account_reauthenticate", "nothing", SIGNED_IN),
    row(
        "POST", "account_reauthenticate", "nothing", "login 302 302 302 302 302 302 302",
        send=always(password="quiet-harbour-9"),
    ),
    row("GET", "account_reauthenticate_by_code", "nothing", SIGNED_IN),
    row("POST", "account_reauthenticate_by_code", "nothing", "login 200 200 200 200 200 200 200"),
    row("GET", "account_email", "nothing", "login 302 302 302 302 302 302 302", note="leads to one's own page"),
    row("GET", "account_change_password", "nothing", SIGNED_IN),
    row("POST", "account_change_password", "nothing", "login 302 302 302 302 302 302 302", send=NEW_PASSWORD),
    row("GET", "account_set_password", "nothing", "login 302 302 302 302 302 302 302", note="and there is one"),
    row("POST", "account_set_password", "nothing", "login 302 302 302 302 302 302 302", note="and there is one"),
    row("GET", "account_reset_password", "nothing", EVERYBODY),
    row("POST", "account_reset_password", "nothing", " ".join(["302"] * 8), send=always(email="no@body.example")),
    row("GET", "account_reset_password_done", "nothing", EVERYBODY),
    row("GET", "account_reset_password_from_key", "nothing", EVERYBODY, WRONG_KEY, note="no such key"),
    row("POST", "account_reset_password_from_key", "nothing", EVERYBODY, WRONG_KEY, NEW_PASSWORD, "no such key"),
    row("GET", "account_reset_password_from_key_done", "nothing", EVERYBODY),
]  # fmt: skip

# --- single sign-on, second factors and sessions ------------------------------------------------
NOT_THERE = " ".join(["404"] * 8)
AWAY = " ".join(["302"] * 8)
PROVE = "login 302 302 302 302 302 302 302"
SOME = always(pk=999_999)

MATRIX += [
    # route, method, stage                                anon  memb lead issu admi head fore spon
    row("GET", "sso", "nothing", NOT_THERE, note="and it is off"),
    row("POST", "sso", "nothing", NOT_THERE, note="and it is off"),
    row("GET", "sso_callback", "nothing", NOT_THERE, note="and it is off"),
    row("GET", "mfa_authenticate", "nothing", AWAY, note="with no sign-in under way"),
    row("POST", "mfa_authenticate", "nothing", AWAY, send=always(code="123456"), note="with no sign-in under way"),
    row("GET", "mfa_login_webauthn", "nothing", AWAY, note="asked for a page"),
    row("POST", "mfa_login_webauthn", "nothing", AWAY, send=always(credential="{}"), note="of nobody"),
    row("GET", "mfa_reauthenticate", "nothing", PROVE, note="and there is no factor"),
    row("POST", "mfa_reauthenticate", "nothing", PROVE, send=always(code="123456"), note="and there is no factor"),
    row("GET", "mfa_reauthenticate_webauthn", "nothing", PROVE, note="and there is no factor"),
    row("POST", "mfa_reauthenticate_webauthn", "nothing", PROVE, send=always(credential="{}"), note="and there is none"),
    row("GET", "mfa_index", "nothing", SIGNED_IN),
    row("GET", "mfa_activate_totp", "nothing", SIGNED_IN),
    row("POST", "mfa_activate_totp", "nothing", SIGNED_IN, send=always(code="123456"), note="of no app"),
    row("GET", "mfa_deactivate_totp", "nothing", "login 404 404 404 404 404 404 404", note="and there is none"),
    row("POST", "mfa_deactivate_totp", "nothing", "login 404 404 404 404 404 404 404", note="and there is none"),
    row("GET", "mfa_list_webauthn", "nothing", PROVE, note="leads to one's own page"),
    row("GET", "mfa_add_webauthn", "nothing", SIGNED_IN),
    row("POST", "mfa_add_webauthn", "nothing", SIGNED_IN, send=always(credential="{}"), note="of no device"),
    row("GET", "mfa_remove_webauthn", "nothing", "login 404 404 404 404 404 404 404", SOME, note="and there is none"),
    row("POST", "mfa_remove_webauthn", "nothing", "login 404 404 404 404 404 404 404", SOME, note="and there is none"),
    row("GET", "mfa_view_recovery_codes", "nothing", "login 404 404 404 404 404 404 404", note="and there are none"),
    row("GET", "mfa_edit_webauthn", "nothing", "login 404 404 404 404 404 404 404", SOME, note="and there is none"),
    row("POST", "mfa_edit_webauthn", "nothing", "login 404 404 404 404 404 404 404", SOME, note="and there is none"),
    row("GET", "mfa_download_recovery_codes", "nothing", "login 404 404 404 404 404 404 404", note="and there are none"),
    row("GET", "mfa_generate_recovery_codes", "nothing", SIGNED_IN, note="and there is no factor"),
    row("POST", "mfa_generate_recovery_codes", "nothing", SIGNED_IN, note="and there is no factor"),
    row("POST", "end_other_sessions", "nothing", PROVE),
    row("POST", "end_session", "nothing", "login 404 404 404 404 404 404 404", SOME, note="of nobody"),
]  # fmt: skip


# --- the administrator's room -------------------------------------------------------------------
def member(cast: Any) -> dict[str, Any]:
    return {"object_id": cast.users["member"].pk}


def appointment(cast: Any) -> dict[str, Any]:
    return {"object_id": cast.users["member"].appointments.get().pk}


def admin_row(
    method: str, route: str, administrator: str, at: Facts = none, send: Facts = none, note: str = ""
) -> Row:
    """Nobody but an administrator is let in: all others are sent to sign in as one, or to the room's own door."""
    away = "login/302"
    return row(
        method, route, "nothing", f"{away} {away} {away} {away} {administrator} {away} {away} {away}", at, send, note
    )


MATRIX += [
    row("GET", "admin:login", "nothing", "login 403 403 403 302 403 403 403"),
    row("POST", "admin:login", "nothing", "login 403 403 403 200/302 403 403 403"),
    admin_row("GET", "admin:index", "200"),
    admin_row("GET", "admin:app_list", "200", always(app_label="accounts")),
    admin_row("POST", "admin:logout", "200/302"),
    admin_row("GET", "admin:password_change", "200"),
    admin_row("POST", "admin:password_change", "200/302"),
    admin_row("GET", "admin:password_change_done", "200"),
    admin_row("GET", "admin:autocomplete", "403", note="without a field"),
    admin_row("GET", "admin:jsi18n", "200"),
    admin_row("GET", "admin:view_on_site", "404", always(content_type_id=9999, object_id=1), note="of nothing"),
    admin_row("GET", "admin:accounts_user_changelist", "200"),
    admin_row("GET", "admin:accounts_user_add", "200"),
    admin_row("POST", "admin:accounts_user_add", "302", send=always(email="n@fairhaven.example", usable_password="false")),
    admin_row("GET", "admin:accounts_user_change", "200", member),
    admin_row(
        "POST", "admin:accounts_user_change", "302", member,
        always(email="member@fairhaven.example", name="Mia", is_active="on"),
    ),
    admin_row("GET", "admin:accounts_user_delete", "200/403", member),
    admin_row("POST", "admin:accounts_user_delete", "200/403", member, always(post="yes"), "who is in the records"),
    admin_row("GET", "admin:accounts_user_history", "200", member),
    admin_row("GET", "admin:accounts_appointment_changelist", "200"),
    admin_row("GET", "admin:accounts_appointment_add", "200"),
    admin_row(
        "POST", "admin:accounts_appointment_add", "302",
        send=lambda cast: {"user": cast.users["head"].pk, "office": "member", "starts_on": TODAY},
    ),
    admin_row(
        "POST", "admin:accounts_appointment_add", "200",
        send=lambda cast: {"user": cast.users["member"].pk, "office": "issuer", "is_deputy": "on", "starts_on": TODAY},
        note="of a PMO member as the issuer's deputy",
    ),
    admin_row("GET", "admin:accounts_appointment_change", "200", appointment),
    admin_row("GET", "admin:accounts_appointment_delete", "403", appointment),
    admin_row("POST", "admin:accounts_appointment_delete", "403", appointment, always(post="yes")),
    admin_row("GET", "admin:accounts_appointment_history", "200", appointment),
]  # fmt: skip

# Routes without a name, by their pattern: what stands behind them asks for the same rights as all of the admin.
NAMELESS = {
    "admin/accounts/user/<path:object_id>/": "Django's own redirect to the page of change",
    "admin/accounts/appointment/<path:object_id>/": "Django's own redirect to the page of change",
    "admin/(?P<url>.*)$": "Django's own answer to an address that the admin does not know",
}
