"""A version of the mandate: structured parts, sealed by hash, live by query."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from mandate.models.cells import Cell, Missing
from mandate.models.decisions import Decision, Publication
from mandate.models.parts import Clause, Part
from pmo_portal.audit.models import Entry
from pmo_portal.common.models import Seal, sha256_of

# The form of a version outside the portal: what `content` gives, under this name (docs/formats.md).
# The number grows when a reader of the form before could misread the new one; new keys alone do not make it grow.
FORMAT = "pmo-portal-mandate/1"
# The audit's words for what is decided on a version; each leaves a row of its own.
DECIDING = ("approve", "revoke", "send_back", "publish", "cancel_publication", "withdraw")


class Mandate(models.Model):
    """The handle that all versions hang on. One PMO per installation, so there is one."""

    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return f"mandate {self.pk}"


def _names(*decisions: str) -> list[str]:
    """Who decided, and in whose place, of each of these."""
    return [f"{decision}{who}" for decision in decisions for who in ("by", "acting_for")]


class MandateVersionQuerySet(models.QuerySet["MandateVersion"]):
    def drafts(self) -> "MandateVersionQuerySet":
        """Those that can still be written in."""
        return self.filter(sealed_at=None)

    def sealed(self) -> "MandateVersionQuerySet":
        """Those that can never change again."""
        return self.exclude(sealed_at=None)

    def live(self, now: datetime | None = None) -> "MandateVersionQuerySet":
        """The live version, as a query: newest publication whose time has come, approved for its hash, not withdrawn.

        No job makes it live: it turns on the second with every worker dead. After a withdrawal there is none.
        """
        now = now or timezone.now()
        newest = Publication.objects.due(now).order_by("-publish_at", "-pk").values("pk")[:1]
        holds = models.Q(publications__withdrawal=None) | models.Q(publications__withdrawal__at__gt=now)
        return self.filter(holds, publications__in=newest)

    def published(self, now: datetime | None = None) -> "MandateVersionQuerySet":
        """Those that hold or once held: what readers may know of. An embargoed version is none of them."""
        return self.filter(pk__in=Publication.objects.due(now or timezone.now()).values("version"))

    def waiting(self) -> "MandateVersion | None":
        """The version that waits for the issuer: the newest that was sealed, with nothing decided but an approval.

        One that was withdrawn waits no more: the issuer may publish it again, and nobody is asked to.
        """
        kept = Publication.objects.standing().filter(version=models.OuterRef("pk"))
        decided = models.Q(models.Exists(kept)) | models.Q(sent_back__isnull=False)
        decided |= models.Q(approval__revocation__isnull=False)
        newest = self.sealed().select_related("approval").annotate(is_decided=decided).first()
        return None if newest is None or newest.is_decided else newest

    def with_decisions(self) -> "MandateVersionQuerySet":
        """With all that was decided on each, in a fixed number of queries."""
        publications = Publication.objects.select_related(
            *_names("", "cancellation__", "withdrawal__"), "approval__revocation", "untold"
        )
        return self.select_related(
            *_names("approval__", "approval__revocation__", "sent_back__"), "sealed_by"
        ).prefetch_related(models.Prefetch("publications", publications))

    def with_parts(self) -> "MandateVersionQuerySet":
        """With all that a page of the mandate shows, in a fixed number of queries."""
        return self.with_decisions().prefetch_related(*MandateVersion.LISTS)


class MandateVersion(models.Model):
    """One version of the mandate. Its clauses, services and objectives are rows of their own."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        IN_REVIEW = "in_review", _("In review")
        APPROVED = "approved", _("Approved")
        SENT_BACK = "sent_back", _("Sent back")
        REVOKED = "revoked", _("Approval taken back")
        SCHEDULED = "scheduled", _("Scheduled")
        LIVE = "live", _("Live")
        SUPERSEDED = "superseded", _("Replaced")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    mandate = models.ForeignKey(Mandate, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    why_before = models.TextField(_("what it was like before this office"), blank=True)
    why_asked_by = models.TextField(_("who asked for it, and why"), blank=True)
    why_noticed = models.TextField(_("how you notice that it is there"), blank=True)
    purpose = models.TextField(_("purpose, in one paragraph"), blank=True)
    helps = models.TextField(_("how that helps the business"), blank=True)
    message = models.TextField(_("a word from the issuer"), blank=True)
    reports_to = models.CharField(_("the area that the office reports to"), max_length=200, blank=True)
    period_from = models.DateField(_("holds from"), null=True, blank=True)
    period_to = models.DateField(_("until"), null=True, blank=True)
    review_on = models.DateField(_("looked at again on"), null=True, blank=True)
    change_note = models.TextField(_("what changed, in the reader's words"), blank=True)
    is_material = models.BooleanField(_("changes what somebody may expect"), default=True)

    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    started_at = models.DateTimeField(default=timezone.now, editable=False)
    # The users who wrote in it, by key; sealed with it, because none of them may approve it.
    authors = models.JSONField(default=list, editable=False)
    sealed_at = models.DateTimeField(null=True, editable=False)
    sealed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    content_hash = models.CharField(max_length=64, blank=True, editable=False)

    SEAL = Seal(when="{row}.sealed_at IS NOT NULL")
    TEXTS = ("why_before", "why_asked_by", "why_noticed", "purpose", "helps", "message", "reports_to")
    DATES = ("period_from", "period_to", "review_on")
    LISTS = ("objectives", "services", "clauses", "powers", "decisions", "measures")
    objects = MandateVersionQuerySet.as_manager()

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["mandate", "number"], name="one_version_per_number"),
            models.UniqueConstraint(
                fields=["mandate"], condition=models.Q(sealed_at=None), name="one_draft_at_a_time"
            ),
            models.CheckConstraint(
                condition=models.Q(sealed_at=None, content_hash="")
                | (models.Q(sealed_at__isnull=False) & ~models.Q(content_hash="")),
                name="sealed_with_a_hash",
            ),
            models.CheckConstraint(
                condition=models.Q(period_from=None)
                | models.Q(period_to=None)
                | models.Q(period_to__gte=models.F("period_from")),
                name="mandate_ends_after_it_begins",
                violation_error_message=_("The last day is before the first."),
            ),
        ]

    def __str__(self) -> str:
        return str(_("Version %(number)s") % {"number": self.number})

    @property
    def key(self) -> str:
        """The version's key in journal and audit."""
        return f"mandate:{self.pk}"

    @property
    def is_sealed(self) -> bool:
        """No longer to be written in."""
        return self.sealed_at is not None

    @property
    def is_overtaken(self) -> bool:
        """A newer version has gone live: this one is decided no more."""
        return self.is_overtaken_at(timezone.now())

    def is_overtaken_at(self, now: datetime) -> bool:
        """A newer version has gone live by then."""
        return Publication.objects.due(now).filter(version__number__gt=self.number).exists()

    @property
    def is_first(self) -> bool:
        """No older version ever went live, or will at its moment: its readers know of none, and of no change."""
        older = Publication.objects.standing().filter(version__number__lt=self.number)
        return self.number == 1 or not older.exists()

    def is_first_at(self, now: datetime) -> bool:
        """No older version has gone live by then."""
        older = Publication.objects.due(now).filter(version__number__lt=self.number)
        return self.number == 1 or not older.exists()

    def next_sealed(self) -> "MandateVersion | None":
        """The newest version that was sent to the issuer after this one."""
        return MandateVersion.objects.sealed().filter(number__gt=self.number).first()

    @property
    def is_replaced(self) -> bool:
        """A newer version has been sent to the issuer: nobody is asked for this one any more."""
        return self.next_sealed() is not None

    @property
    def is_sent_back(self) -> bool:
        """The issuer wants other words before deciding."""
        return hasattr(self, "sent_back")

    @property
    def is_revoked(self) -> bool:
        """The issuer has taken the approval back: it never goes live."""
        return hasattr(self, "approval") and hasattr(self.approval, "revocation")

    @property
    def standing(self) -> Publication | None:
        """The publication that made it live, or will: neither cancelled nor withdrawn."""
        return next(
            (each for each in self.publications.all() if not each.is_cancelled and not each.is_withdrawn), None
        )

    @property
    def waits(self) -> bool:
        """Sealed, and nothing was decided on it but an approval; `waiting` finds the one that the issuer is asked."""
        is_issued = any(not each.is_cancelled for each in self.publications.all())
        return self.is_sealed and not (self.is_sent_back or self.is_revoked or is_issued)

    @property
    def is_open(self) -> bool:
        """The issuer may still decide on its own words: not sent back, not revoked, not published or scheduled."""
        return not (self.is_sent_back or self.is_revoked or self.standing)

    def goes_on_at_once(self) -> bool:
        """Words accepted here go to the issuer by themselves: nobody writes a draft, and nothing else is wanted."""
        return not self.is_sent_back and not MandateVersion.objects.drafts().exists()

    def holders(self) -> "dict[tuple[str, str], MandateVersion | Part]":
        """What holds the words of each cell, by part and row: the version itself, and each of its rows."""
        found: dict[tuple[str, str], MandateVersion | Part] = {("", ""): self}
        for part in self.LISTS:
            for place, row in enumerate(getattr(self, part).all(), 1):
                found[part, row.key if isinstance(row, Clause) else str(place)] = row
        return found

    def cells(self) -> dict[Cell, str]:
        """The words of each cell that has any, in the order of the page."""
        found = {
            Cell(part, row, name): str(getattr(holder, name))
            for (part, row), holder in self.holders().items()
            for name in (holder.CELLS if isinstance(holder, Part) else self.TEXTS)
        }
        return {cell: words for cell, words in found.items() if words}

    def content(self) -> dict[str, Any]:
        """All that this version says, in a fixed form: what the hash is taken over.

        A part that came later than the first form stands in it only where something is said: a version that was
        sealed before there was such a part keeps its hash.
        """
        later = {
            "message": self.message,
            "reports_to": self.reports_to,
            "days": {name: day for name in self.DATES if (day := getattr(self, name))},
            "powers": [row.content() for row in self.powers.all()],
            "decisions": [row.content() for row in self.decisions.all()],
            "measures": [row.content() for row in self.measures.all()],
        }
        return {
            "number": self.number,
            "why": [self.why_before, self.why_asked_by, self.why_noticed],
            "purpose": self.purpose,
            "helps": self.helps,
            "change": [self.change_note, self.is_material],
            "objectives": [row.content() for row in self.objectives.all()],
            "services": [row.content() for row in self.services.all()],
            "clauses": [row.content() for row in self.clauses.all()],
            **{name: said for name, said in later.items() if said},
        }

    def fingerprint(self) -> str:
        """SHA-256 over the canonical content, as it stands now."""
        return sha256_of(self.content())

    def numbered_clauses(self) -> list["Clause"]:
        """The clauses in the order of the page, numbered in memory: 1.x does, 2.x shared, 3.x does not."""
        kinds = list(Clause.Kind)
        clauses = sorted(self.clauses.all(), key=lambda clause: kinds.index(Clause.Kind(clause.kind)))
        counts = [0] * len(kinds)
        for clause in clauses:
            place = kinds.index(Clause.Kind(clause.kind))
            counts[place] += 1
            clause.number = f"{place + 1}.{counts[place]}"
        return clauses

    @classmethod
    def untrue(cls) -> Iterator[str]:
        """Each sealed version, and each decision on one, that is not as it was made, in words; see verify_audit."""
        for version in cls.objects.sealed().with_parts().iterator(chunk_size=50):
            issued = {version.approval.content_hash} if hasattr(version, "approval") else set()
            if {version.fingerprint(), *issued} != {version.content_hash}:
                yield f"{version.key}: its words are not those that were sealed and approved"
            yield from (f"{version.key}: {words}" for words in version.impossible())
            yield from (f"{version.key}: {words}" for words in version.unaudited())

    def impossible(self) -> Iterator[str]:
        """Decisions on this version that no verb makes, in words."""
        publications = list(self.publications.all())
        approval = getattr(self, "approval", None)
        if any(each.approval_id != (approval and approval.pk) for each in publications):
            yield "it was published by the approval of another version"
        if sum(not each.is_cancelled and not each.is_withdrawn for each in publications) > 1:
            yield "it was published twice at a time"
        for each in publications:
            revocation = getattr(each.approval, "revocation", None)
            if hasattr(each, "cancellation") and each.cancellation.at >= each.publish_at:
                yield "it was cancelled after it had gone live"
            if revocation and not hasattr(each, "cancellation") and revocation.at >= each.publish_at:
                yield "its approval was taken back after it had gone live"
            if each.is_withdrawn and each.withdrawal.at < each.publish_at:
                yield "it was withdrawn before it had gone live"
            if each.publish_at < each.at:
                yield "it was published for a moment that had passed"

    def decided(self) -> Iterator[tuple[str, Decision, dict[str, Any]]]:
        """All that was decided on this version, with the audit's word for it and what the audit says beside it."""
        if hasattr(self, "approval"):
            yield "approve", self.approval, {"hash": self.approval.content_hash}
        if self.is_revoked:
            yield "revoke", self.approval.revocation, {"reason_hash": sha256_of(self.approval.revocation.reason)}
        if self.is_sent_back:
            yield "send_back", self.sent_back, {"reason_hash": sha256_of(self.sent_back.reason)}
        for each in self.publications.all():
            yield "publish", each, each.facts()
            if hasattr(each, "cancellation"):
                yield "cancel_publication", each.cancellation, {"publication": each.pk}
            if each.is_withdrawn:
                facts = {"publication": each.pk, "reason_hash": sha256_of(each.withdrawal.reason)}
                yield "withdraw", each.withdrawal, facts

    def unaudited(self) -> Iterator[str]:
        """Decisions on this version of which the audit knows nothing, or something else, and those that are gone."""
        entries = list(Entry.objects.filter(subject=self.key, verb__in=DECIDING))
        for verb, made, facts in self.decided():
            fits = [each for each in entries if each.verb == verb and made.is_told_by(each, facts)]
            if fits:
                entries.remove(fits[0])
            else:
                yield f"the audit does not know this decision: {verb}, {made.at:%Y-%m-%d %H:%M}"
        yield from (f"a decision that the audit knows is gone: {each.verb}" for each in entries)

    def missing(self) -> list[Missing]:
        """All that stands between this draft and review; empty when it can go."""
        wanted = [
            ("why", "why_before", _("Why: say what it was like before this office.")),
            ("why", "why_asked_by", _("Why: say who asked for this office.")),
            ("why", "why_noticed", _("Why: say how people notice that it is there.")),
            ("purpose", "purpose", _("Purpose: one paragraph on what the PMO is for.")),
            ("helps", "helps", _("How it helps: say what the business gains.")),
        ]
        gaps = [Missing(part, words, field=field) for part, field, words in wanted if not getattr(self, field)]
        if not self.objectives.all():
            gaps.append(Missing("objectives", _("Objectives: give at least one.")))
        if not self.services.all():
            gaps.append(Missing("services", _("Services: give at least one.")))
        clauses = list(self.clauses.all())
        kinds = {clause.kind for clause in clauses}
        if Clause.Kind.DOES not in kinds:
            gaps.append(Missing("clauses", _("Clauses: say at least one thing that the PMO does.")))
        if Clause.Kind.DOES_NOT not in kinds:
            gaps.append(Missing("clauses", _("Clauses: say at least one thing that it does not do.")))
        rows = [(part, row) for part in self.LISTS for row in getattr(self, part).all()]
        gaps += [Missing(part, words, row, field) for part, row in rows for field, words in row.lacks()]
        if self.is_material and not self.change_note and not self.is_first:
            gaps.append(Missing("change", _("What changed: say it in the reader's words."), field="change_note"))
        return gaps
