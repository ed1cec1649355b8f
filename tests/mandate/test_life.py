"""The whole life of the mandate, walked at random beside a model of a few lines: what is live at each moment."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from mandate import actions
from mandate.models import MandateVersion, Proclaimed, Publication
from mandate.reading import taken_back
from pmo_portal.accounts.actions import appoint
from pmo_portal.common.errors import Refusal
from tests.conftest import user, write_mandate

MINUTES = st.sampled_from([5, 10, 30, 90])
WHICH = st.integers(0, 3)
OTHERS = st.sampled_from(["keep", "keep", "cancel", ""])
ISSUERS = st.sampled_from(["issuer", "deputy"])


@dataclass
class Known:
    """What must be so of one sealed version."""

    number: int
    is_approved: bool = False
    is_closed: bool = False  # sent back, or its approval taken back
    publish_at: datetime | None = None  # of the publication that stands
    held: list[datetime] = field(default_factory=list)  # of those that were withdrawn


class Model:
    """When which version holds, told in the simplest way: from a list of moments and the version of each."""

    def __init__(self) -> None:
        self.versions: dict[int, Known] = {}
        self.withdrawn_at: list[tuple[datetime, datetime]] = []  # the moment of the publication, and of its end

    def moments(self) -> list[tuple[datetime, int, bool]]:
        standing = [(known.publish_at, known.number, True) for known in self.versions.values() if known.publish_at]
        gone = [(moment, known.number, False) for known in self.versions.values() for moment in known.held]
        return sorted(standing + gone)

    def live(self, now: datetime) -> int | None:
        past = [each for each in self.moments() if each[0] <= now]
        return past[-1][1] if past and past[-1][2] else None

    def newest_gone_live(self, now: datetime) -> int:
        return max((number for moment, number, _ in self.moments() if moment <= now), default=0)

    def scheduled(self, now: datetime) -> list[Known]:
        return [known for known in self.versions.values() if known.publish_at and known.publish_at > now]


class Life(RuleBasedStateMachine):
    """Draft, seal, suggest, send back, approve, revoke, schedule, publish, cancel, withdraw; and time passes."""

    def __init__(self) -> None:
        super().__init__()
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        self.now = timezone.now().replace(microsecond=0)
        self.people: dict[str, Any] = {
            "member": user("writer@life.example", "member"), "issuer": user("issuer@life.example", "issuer"),
            "deputy": user("deputy@life.example"),
        }  # fmt: skip
        appoint(self.people["deputy"], "issuer", by=None, is_deputy=True)
        self.model = Model()
        self.last_live = 0

    def teardown(self) -> None:
        untrue = list(MandateVersion.untrue())
        transaction.set_rollback(True)
        self.savepoint.__exit__(None, None, None)
        assert not untrue

    # --- helpers of the walk ----------------------------------------------------------------------------
    def pick(self, which: int) -> tuple[MandateVersion, Known] | None:
        """One of the newest sealed versions."""
        sealed = list(MandateVersion.objects.sealed()[:4])
        return (sealed[which], self.model.versions[sealed[which].number]) if which < len(sealed) else None

    def attempt(self, may: bool, verb: Any, *args: Any, **more: Any) -> Any:
        """Do it; it is refused in words exactly when the model says that it may not be, and then nothing changed."""
        before = self.picture()
        try:
            with transaction.atomic():
                done = verb(*args, now=self.now, **more)
        except Refusal as refusal:
            assert not may, f"refused: {refusal}"
            assert str(refusal)
            assert self.picture() == before
            return None
        assert may, f"{verb.__name__} was not refused"
        return done

    def picture(self) -> list[Any]:
        return [model.objects.count() for model in (MandateVersion, Publication, Proclaimed)] + list(
            MandateVersion.objects.live(self.now).values_list("pk", flat=True)
        )

    def is_newest(self, known: Known) -> bool:
        return known.number == max(self.model.versions)

    def may_be_decided(self, known: Known) -> bool:
        newest_live = self.model.newest_gone_live(self.now)
        is_open = not known.is_closed and not known.publish_at and newest_live <= known.number
        return is_open and (known.is_approved or self.is_newest(known))

    def may_stay(self, known: Known, at: datetime) -> bool:
        return all(
            (other.publish_at < at) if other.number < known.number else (other.publish_at > at)
            for other in self.model.scheduled(self.now)
            if other is not known and other.publish_at
        )

    # --- what people do ---------------------------------------------------------------------------------
    @rule()
    def write_and_seal(self) -> None:
        draft = write_mandate(self.people["member"])
        version = actions.seal(draft, by=self.people["member"], now=self.now)
        self.model.versions[version.number] = Known(version.number)

    @precondition(lambda self: self.model.versions)
    @rule(which=WHICH, accept=st.booleans(), who=ISSUERS)
    def suggest_and_answer(self, which: int, accept: bool, who: str) -> None:
        if (picked := self.pick(which)) is None:
            return
        version, known = picked
        version = MandateVersion.objects.with_parts().get(pk=version.pk)
        cell = next(iter(version.cells()))
        may = self.may_be_decided(known) and not known.is_approved
        words = {cell: f"Other words {timezone.now().timestamp()}."}
        made = self.attempt(may, actions.suggest, version, by=self.people[who], words=words)
        if made:
            chosen = {"accept": [made[0].pk]} if accept else {"decline": {made[0].pk: "No."}}
            led_to = actions.answer(version, by=self.people["member"], now=self.now, **chosen)
            if led_to:
                self.model.versions[led_to.number] = Known(led_to.number)

    @precondition(lambda self: self.model.versions)
    @rule(which=WHICH, who=ISSUERS)
    def send_back(self, which: int, who: str) -> None:
        if (picked := self.pick(which)) is None:
            return
        version, known = picked
        may = self.may_be_decided(known) and not known.is_approved
        facts = {"by": self.people[who], "content_hash": version.content_hash, "reason": "Not so."}
        if self.attempt(may, actions.send_back, version, **facts):
            known.is_closed = True

    @precondition(lambda self: self.model.versions)
    @rule(which=WHICH)
    def approve(self, which: int) -> None:
        if (picked := self.pick(which)) is None:
            return
        version, known = picked
        again = known.is_approved and not known.is_closed
        may = (again and self.model.newest_gone_live(self.now) <= known.number) or self.may_be_decided(known)
        facts = {"by": self.people["issuer"], "content_hash": version.content_hash}
        if approval := self.attempt(may and not self.approved_by_deputy(version), actions.approve, version, **facts):
            known.is_approved = True
            assert approval.content_hash == version.content_hash

    def approved_by_deputy(self, version: MandateVersion) -> bool:
        standing = MandateVersion.objects.select_related("approval").get(pk=version.pk)
        return hasattr(standing, "approval") and standing.approval.by == self.people["deputy"]

    @precondition(lambda self: self.model.versions)
    @rule(which=WHICH, minutes=st.one_of(st.none(), MINUTES), others=OTHERS, who=ISSUERS)
    def issue(self, which: int, minutes: int | None, others: str, who: str) -> None:
        self.decide(which, minutes, others, who)

    @rule(minutes=MINUTES, others=OTHERS, who=ISSUERS)
    def write_and_schedule(self, minutes: int, others: str, who: str) -> None:
        """The usual way in one step, so that versions and their moments meet often."""
        self.write_and_seal()
        self.decide(0, minutes, others, who)

    def decide(self, which: int, minutes: int | None, others: str, who: str) -> None:
        if (picked := self.pick(which)) is None:
            return
        version, known = picked
        at = self.now + timedelta(minutes=minutes) if minutes else None
        waiting = [each for each in self.model.scheduled(self.now) if each is not known]
        settled = not waiting or others == "cancel" or (others == "keep" and self.may_stay(known, at or self.now))
        facts = {"by": self.people[who], "content_hash": version.content_hash, "at": at, "others": others}
        made = self.attempt(self.may_be_decided(known) and settled, actions.issue, version, **facts)
        if made:
            known.is_approved, known.publish_at = True, made.publish_at
            for each in waiting if others == "cancel" else []:
                each.publish_at = None
            assert (made.acting_for == self.people["issuer"]) is (who == "deputy")

    @precondition(lambda self: self.model.versions)
    @rule(which=WHICH, who=ISSUERS)
    def revoke(self, which: int, who: str) -> None:
        if (picked := self.pick(which)) is None:
            return
        version, known = picked
        has_held = known.held or (known.publish_at and known.publish_at <= self.now)
        is_overtaken = self.model.newest_gone_live(self.now) > known.number
        may = known.is_approved and not known.is_closed and not has_held and not is_overtaken
        if self.attempt(bool(may), actions.revoke, version, by=self.people[who], reason="Not yet."):
            known.is_closed, known.publish_at = True, None

    @precondition(lambda self: Publication.objects.exists())
    @rule(which=WHICH)
    def cancel(self, which: int) -> None:
        rows = list(Publication.objects.with_fate().order_by("-pk")[:4])
        if which >= len(rows) or rows[which].is_cancelled:
            return
        known = self.model.versions[rows[which].version.number]
        may = rows[which].publish_at > self.now
        if self.attempt(may, actions.cancel, rows[which], by=self.people["issuer"]):
            known.publish_at = None

    @precondition(lambda self: self.model.versions)
    @rule(which=WHICH, who=ISSUERS)
    def withdraw(self, which: int, who: str) -> None:
        if (picked := self.pick(which)) is None:
            return
        version, known = picked
        may = self.model.live(self.now) == known.number
        if (
            self.attempt(may, actions.withdraw, version, by=self.people[who], reason="It was wrong.")
            and known.publish_at
        ):
            known.held.append(known.publish_at)
            known.publish_at = None

    @rule(minutes=MINUTES)
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule()
    def the_clock_knocks(self) -> None:
        for publication in Publication.objects.to_tell(self.now).filter(proclaimed=None):
            assert actions.proclaim_one(publication, self.now)

    # --- what must be so at each moment -----------------------------------------------------------------
    @invariant()
    def what_is_live_is_what_the_model_says(self) -> None:
        """Now, and at each moment that is set, a second before and after it."""
        moments = {self.now, *(moment for moment, _number, _stands in self.model.moments() if moment > self.now)}
        for moment in moments:
            for at in {moment, max(self.now, moment - timedelta(seconds=1))}:
                found = list(MandateVersion.objects.live(at).values_list("number", flat=True))
                expected = self.model.live(at)
                assert found == ([] if expected is None else [expected])

    @invariant()
    def older_words_never_follow_newer_ones(self) -> None:
        live = self.model.live(self.now)
        assert live is None or live >= self.last_live
        self.last_live = live or self.last_live

    @invariant()
    def readers_know_of_nothing_that_is_still_to_come(self) -> None:
        known = set(MandateVersion.objects.published(self.now).values_list("number", flat=True))
        assert known == {number for moment, number, _stands in self.model.moments() if moment <= self.now}
        assert set(Proclaimed.objects.values_list("publication__version__number", flat=True)) <= known

    @invariant()
    def while_none_holds_after_a_withdrawal_the_page_says_so(self) -> None:
        past = [each for each in self.model.moments() if each[0] <= self.now]
        assert bool(taken_back(self.now)) is bool(past and not past[-1][2])


@pytest.mark.django_db
def test_whatever_people_do_in_whatever_order_what_holds_is_never_in_doubt():
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=14, stateful_step_count=20, deadline=None, derandomize=True, database=None,
            suppress_health_check=list(HealthCheck), phases=[Phase.generate],
        ),
    )  # fmt: skip
