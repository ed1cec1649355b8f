"""An agreement of an area with the PMO: revisions of four-cell rows, two signatures, and the promises made."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from mandate.models import Clause, MandateVersion
from pmo_portal.accounts.models import Appointment
from pmo_portal.common.models import Organisation, Seal, sha256_of, today
from stakeholders.areas.models import Area
from stakeholders.needs.models import Need
from stakeholders.people.models import Role

# A short word in brackets, such as [name]; a link in brackets and round brackets is none.
BLANK = re.compile(r"\[[^\W\d_][\w '’-]{0,38}\](?!\()")


class Side(models.TextChoices):
    """The two sides of every agreement."""

    PMO = "pmo", _("PMO")
    AREA = "area", _("Area")

    @property
    def other(self) -> "Side":
        """The side across the table."""
        return Side.AREA if self == Side.PMO else Side.PMO


@dataclass(frozen=True)
class Missing:
    """One thing that a revision still lacks before a signature: words for a person, and where it is written.

    `at` is the name of a cell or of another place (`aim`, `period_to`, `rows`, `mandate`, `people`); empty where
    nobody of either side can mend it on a page. `row` is the row it is missing in.
    """

    words: Any
    at: str = ""
    row: "Row | None" = None

    def __str__(self) -> str:
        return str(self.words)


class Agreement(models.Model):
    """The handle that all revisions hang on."""

    area = models.OneToOneField(Area, models.PROTECT, related_name="agreement")
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    started_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-started_at", "-pk"]

    def __str__(self) -> str:
        return str(_("Agreement with %(area)s") % {"area": self.area})

    def get_absolute_url(self) -> str:
        """The agreement's page."""
        return reverse("agreements:agreement", kwargs={"pk": self.pk})

    @property
    def key(self) -> str:
        """The agreement's key in journal and audit."""
        return f"agreement:{self.pk}"


class AgreementRevisionQuerySet(models.QuerySet["AgreementRevision"]):
    def in_state(self, *states: str) -> "AgreementRevisionQuerySet":
        """Those that stand in one of these states."""
        return self.filter(state__in=states)

    def in_force(self, on: date | None = None) -> "AgreementRevisionQuerySet":
        """Signed by both, and within the period on a day (today): nothing continues silently after it ends."""
        day = on or today()
        return self.in_state(AgreementRevision.State.IN_FORCE).filter(period_to__gte=day)

    def sent(self) -> "AgreementRevisionQuerySet":
        """Without the words that an area has written for itself and not sent: those are nobody else's."""
        return self.exclude(side=Side.AREA, shared_at=None)

    def unsent(self) -> "AgreementRevisionQuerySet":
        """The answer that an area is writing, before it signs it."""
        return self.in_state(AgreementRevision.State.DRAFT).filter(side=Side.AREA)

    def with_promises(self) -> "AgreementRevisionQuerySet":
        """With the rows and promises alone, for pages that show several agreements in short."""
        return self.select_related("agreement__area").prefetch_related("rows__promises")

    def with_rows(self) -> "AgreementRevisionQuerySet":
        """With all that a page of the agreement shows, in a fixed number of queries."""
        rows = Row.objects.select_related("clause__version", "came_from", "changed_by")
        return self.select_related("agreement__area", "drafted_by", "answers").prefetch_related(
            models.Prefetch("rows", rows), "rows__promises", "signatures"
        )


class AgreementRevision(models.Model):
    """One wording of an agreement, written by one side for the other to sign.

    Proposing seals it; both sign the same hash, or it is not in force. A side that cannot sign what waits for it
    answers with a revision of its own, and the sides swap.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PROPOSED = "proposed", _("Waits for the head's signature")
        IN_FORCE = "in_force", _("In force")
        SUPERSEDED = "superseded", _("Replaced")
        DECLINED = "declined", _("Declined")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        COUNTERED = "countered", _("Answered with other words")

    # The table of allowed moves; anything else is refused.
    MOVES = {
        # A draft is withdrawn when what it answers is gone: its words are put aside, and stay its writer's own.
        State.DRAFT: {State.PROPOSED, State.WITHDRAWN},
        State.PROPOSED: {State.IN_FORCE, State.DECLINED, State.WITHDRAWN, State.COUNTERED},
        State.IN_FORCE: {State.SUPERSEDED},
        State.SUPERSEDED: set(),
        State.DECLINED: set(),
        State.WITHDRAWN: set(),
        State.COUNTERED: set(),
    }
    ANSWERED = (State.DECLINED, State.WITHDRAWN, State.COUNTERED)

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    # Which side's words these are: it proposes them, the other one answers. No part of what both sign.
    side = models.CharField(max_length=4, choices=Side, default=Side.PMO, editable=False)
    answers = models.ForeignKey("self", models.PROTECT, null=True, editable=False, related_name="answered_with")
    state = models.CharField(max_length=12, choices=State, default=State.DRAFT)
    aim = models.TextField(_("what we both want to reach"), blank=True)
    period_from = models.DateField(_("from"))
    period_to = models.DateField(_("until"))
    mandate_version = models.ForeignKey(MandateVersion, models.PROTECT, null=True, related_name="+")
    drafted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    drafted_at = models.DateTimeField(default=timezone.now, editable=False)
    shared_at = models.DateTimeField(null=True, editable=False)
    sealed_at = models.DateTimeField(null=True, editable=False)
    content_hash = models.CharField(max_length=64, blank=True, editable=False)
    closed_at = models.DateTimeField(null=True, editable=False)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+"
    )
    closed_reason = models.TextField(blank=True, editable=False)

    SEAL = Seal(when="{row}.sealed_at IS NOT NULL", open=("state", "closed_at", "closed_by_id", "closed_reason"))
    objects = AgreementRevisionQuerySet.as_manager()

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["agreement", "number"], name="one_revision_per_number"),
            # Each side writes in one draft; one proposal waits at a time, whoever made it.
            models.UniqueConstraint(
                fields=["agreement", "side"], condition=models.Q(state="draft"), name="one_draft_a_side"
            ),
            *(
                models.UniqueConstraint(
                    fields=["agreement"], condition=models.Q(state=state), name=f"one_{state}_revision"
                )
                for state in ("proposed", "in_force")
            ),
            models.CheckConstraint(
                condition=~models.Q(state="countered") | models.Q(closed_at__isnull=False, closed_by__isnull=False),
                name="countered_by_somebody",
            ),
            models.CheckConstraint(
                condition=models.Q(period_to__gte=models.F("period_from")), name="agreement_period_in_order"
            ),
            models.CheckConstraint(
                condition=models.Q(state="draft", sealed_at=None, content_hash="")
                | (~models.Q(state="draft") & (models.Q(sealed_at__isnull=False) & ~models.Q(content_hash=""))),
                name="proposed_with_a_hash",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.agreement}, {self.number}"

    @property
    def key(self) -> str:
        """The revision's key in journal and audit."""
        return f"revision:{self.pk}"

    @property
    def has_ended(self) -> bool:
        """In force once, and its period is over."""
        return self.state == self.State.IN_FORCE and self.period_to < today()

    @property
    def was_never_sent(self) -> bool:
        """Words that the area wrote for itself: still being written, or put aside."""
        return self.side == Side.AREA and self.shared_at is None

    @property
    def is_open_to_the_area(self) -> bool:
        """The area may change words here: in a shared draft, on a proposal of the PMO, in an answer of its own."""
        if self.state == self.State.DRAFT:
            return self.side == Side.AREA or self.shared_at is not None
        return self.state == self.State.PROPOSED and self.side == Side.PMO

    @property
    def signs_next(self) -> Side:
        """The side whose signature is wanted when this is proposed: the one that did not write it."""
        return Side(self.side).other

    def can_move_to(self, state: "AgreementRevision.State") -> bool:
        """The table of moves allows it."""
        return state in self.MOVES[self.State(self.state)]

    def content(self) -> dict[str, Any]:
        """All that both sides sign, in a fixed form."""
        return {
            "agreement": self.agreement_id,
            "number": self.number,
            "area": self.agreement.area_id,
            "aim": self.aim,
            "period": [self.period_from, self.period_to],
            "mandate": self.mandate_version.content_hash if self.mandate_version else "",
            "rows": [row.content() for row in self.rows.all()],
        }

    def fingerprint(self) -> str:
        """SHA-256 over the canonical content, as it stands now."""
        return sha256_of(self.content())

    def stand_on(self, live: MandateVersion | None) -> None:
        """Point this draft's rows, in memory, at the live wording of their clauses: what would be signed now.

        A clause that is gone from the live mandate, or that the PMO does not do any more, has to be chosen anew.
        """
        standing = live.clauses.exclude(kind=Clause.Kind.DOES_NOT) if live else []
        clauses = {clause.key: clause for clause in standing}
        self.mandate_version = live
        for row in self.rows.all():
            row.clause = clauses.get(row.clause.key) if row.clause else None

    @classmethod
    def untrue(cls) -> Iterator[str]:
        """Each revision that does not say what was signed, in words; see verify_audit."""
        sealed = cls.objects.exclude(state=cls.State.DRAFT).with_rows().select_related("mandate_version")
        for revision in sealed.iterator(chunk_size=200):
            signed = {signature.content_hash for signature in revision.signatures.all()}
            if {revision.fingerprint(), *signed} != {revision.content_hash}:
                yield f"{revision.key}: its words are not those that were signed"

    def missing(self) -> list[Missing]:
        """All that stands between this draft (standing on the live mandate) and a proposal; empty when it can go."""
        rows = list(self.rows.all())
        gaps = self._lacks_ground()
        if not self.aim:
            gaps.append(Missing(_("Say what you both want to reach."), "aim"))
        if not rows:
            gaps.append(Missing(_("Write at least one row."), "rows"))
        for row in rows:
            gaps += row.lacks()
        if rows and not any(row.you_commit for row in rows):
            words = _("It has two sides: at least one row says what the area commits to.")
            gaps.append(Missing(words, "you_commit", rows[0]))
        return gaps + self._lacks_a_signer()

    def _lacks_ground(self) -> list[Missing]:
        """What is wrong with the mandate it stands on, and with its period."""
        gaps = []
        if self.mandate_version is None:
            words = _("No mandate is live: an agreement stands on the published mandate.")
            gaps.append(Missing(words, "mandate"))
        if self.period_to < today() and self.side == Side.PMO:
            gaps.append(Missing(_("Its period is over: give it a new one."), "period_to"))
        elif self.period_to < today():
            words = _("Its period is over: say no to the proposal, and the %(office)s can come back with a new one.")
            gaps.append(Missing(words % {"office": Organisation.current().office_name}))
        return gaps

    def _lacks_a_signer(self) -> list[Missing]:
        """The words for it when nobody of the other side could sign today."""
        if self.signs_next == Side.AREA:
            words = _("Nobody could sign for the area: give it a head, and invite them, under People.")
            can_sign = Role.objects.signing().filter(area=self.agreement.area_id).exists()
            return [] if can_sign else [Missing(words, "people")]
        leads = Appointment.objects.on(today()).filter(office=Appointment.Office.LEAD)
        words = _("Nobody leads the %(office)s today, so nobody could sign for it.")
        return [] if leads.exists() else [Missing(words % {"office": Organisation.current().office_name})]


class RowQuerySet(models.QuerySet["Row"]):
    def touched(self) -> "RowQuerySet":
        """Those on which the area has said something: a note, or words of its own in a draft."""
        return self.exclude(area_note="", changed_by=None)


class Row(models.Model):
    """You need · we commit · you commit · you'll notice, on the ground of one clause."""

    revision = models.ForeignKey(AgreementRevision, models.CASCADE, related_name="rows")
    position = models.PositiveIntegerField(default=0, editable=False)
    clause = models.ForeignKey(
        Clause,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("clause of the mandate"),
    )
    need = models.ForeignKey(Need, models.PROTECT, null=True, editable=False, related_name="+")
    you_need = models.TextField(_("you need"))
    we_commit = models.TextField(_("we commit"), blank=True)
    you_commit = models.TextField(_("you commit"), blank=True)
    you_will_notice = models.TextField(_("you'll notice"), blank=True)
    due_on = models.DateField(_("by"), null=True, blank=True)
    area_note = models.TextField(_("note from the area"), blank=True, editable=False)
    # The row of an earlier revision that this one was copied from: what changed is read against it.
    came_from = models.ForeignKey("self", models.PROTECT, null=True, editable=False, related_name="became")
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+",
        help_text="of the area, in a draft that both sides write",
    )  # fmt: skip
    changed_at = models.DateTimeField(null=True, editable=False)

    # Everything that a proposal says; a note on it is talk, and is left on what waits for an answer.
    SEAL = Seal(
        parent=("revision_id", "stakeholders_agreementrevision", "{row}.sealed_at IS NOT NULL"), open=("area_note",)
    )
    objects = RowQuerySet.as_manager()
    CELLS = ("you_need", "we_commit", "you_commit", "you_will_notice")
    SAYS = (*CELLS, "due_on")
    # The cells that are an area's to write in a draft of the PMO.
    OF_THE_AREA = ("you_need", "you_commit", "you_will_notice")

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.you_need

    def changes(self) -> list[str]:
        """The names of what reads otherwise than in the row that it came from."""
        before = self.came_from
        return [name for name in self.SAYS if getattr(self, name) != getattr(before, name)] if before else []

    def as_answered(self) -> "Row":
        """This row as the area is rewording it in an answer of its own, if it is; else this row."""
        answer = AgreementRevision.objects.unsent()
        return self.became.filter(revision__in=answer).select_related("revision__agreement__area").first() or self

    def content(self) -> dict[str, Any]:
        """What this row says, for the hash."""
        return {
            "clause": [self.clause.key, self.clause.number, self.clause.text] if self.clause else None,
            "cells": [self.you_need, self.we_commit, self.you_commit, self.you_will_notice],
            "due_on": self.due_on,
        }

    def lacks(self) -> list[Missing]:
        """What this row still needs before a proposal."""
        late = self.due_on and self.due_on > self.revision.period_to
        wanted = [
            (not late, "due_on", _("“%(name)s”: its day is after the end of the period.")),
            (self.clause_id, "clause", _("“%(name)s”: choose the clause of the mandate that it stands on.")),
            (self.we_commit, "we_commit", _("“%(name)s”: say what the %(office)s commits to.")),
            (self.you_will_notice, "you_will_notice", _("“%(name)s”: say how the area will notice.")),
        ]
        gaps = [self._lack(words, at) for value, at, words in wanted if not value]
        if blanks := self.blanks():
            first = next(name for name in self.CELLS if BLANK.search(getattr(self, name)))
            gaps.append(self._lack(_("“%(name)s”: fill in %(blanks)s."), first, blanks=", ".join(blanks)))
        return gaps

    def _lack(self, words: Any, at: str, **more: str) -> Missing:
        name = self.you_need if len(self.you_need) <= 60 else f"{self.you_need[:57]}…"
        return Missing(words % {"name": name, "office": Organisation.current().office_name, **more}, at, self)

    def blanks(self) -> list[str]:
        """What was left in brackets to be filled in, such as [name], in the order of the cells."""
        cells = (getattr(self, name) for name in self.CELLS)
        return list(dict.fromkeys(found for cell in cells for found in BLANK.findall(cell)))


class Signature(models.Model):
    """One side's name under one hash."""

    revision = models.ForeignKey(AgreementRevision, models.PROTECT, related_name="signatures")
    side = models.CharField(max_length=4, choices=Side)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    name = models.CharField(max_length=250)
    capacity = models.CharField(max_length=450)
    content_hash = models.CharField(max_length=64)
    at = models.DateTimeField()

    SEAL = Seal()

    class Meta:
        ordering = ["at"]
        constraints = [
            models.UniqueConstraint(fields=["revision", "side"], name="one_signature_per_side"),
            models.UniqueConstraint(fields=["revision", "by"], name="nobody_signs_for_both_sides"),
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.capacity}"


class PromiseQuerySet(models.QuerySet["Promise"]):
    def open(self) -> "PromiseQuerySet":
        """Those that still bind somebody."""
        return self.filter(state__in=[Promise.State.OPEN, Promise.State.IN_PROGRESS])

    def late(self, on: date | None = None) -> "PromiseQuerySet":
        """Open past their day; a query, not a state."""
        return self.open().filter(due_on__lt=on or today())


class Promise(models.Model):
    """What one side committed to, made from a row when both had signed."""

    class State(models.TextChoices):
        OPEN = "open", _("Working out")
        IN_PROGRESS = "in_progress", _("Doing")
        KEPT = "kept", _("Kept")

    MOVES = {
        State.OPEN: {State.IN_PROGRESS, State.KEPT},
        State.IN_PROGRESS: {State.OPEN, State.KEPT},
        State.KEPT: set(),
    }

    row = models.ForeignKey(Row, models.PROTECT, related_name="promises")
    side = models.CharField(max_length=4, choices=Side)
    text = models.TextField()
    due_on = models.DateField()
    state = models.CharField(max_length=12, choices=State, default=State.OPEN)
    evidence = models.TextField(_("how it was kept"), blank=True)
    moved_at = models.DateTimeField(null=True)

    objects = PromiseQuerySet.as_manager()

    class Meta:
        ordering = ["due_on", "pk"]
        constraints = [models.UniqueConstraint(fields=["row", "side"], name="one_promise_per_cell")]

    def __str__(self) -> str:
        return self.text

    @property
    def is_late(self) -> bool:
        """Its day is past and it is not kept."""
        return self.state != self.State.KEPT and self.due_on < today()

    def can_move_to(self, state: "Promise.State") -> bool:
        """The table of moves allows it."""
        return state in self.MOVES[self.State(self.state)]
