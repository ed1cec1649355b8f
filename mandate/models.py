"""The mandate: versions of structured parts, sealed by hash, approved for that hash, live by query."""

import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from pmo_portal.common.models import Seal, sha256_of


def new_key() -> str:
    """A key that a clause keeps in every version."""
    return secrets.token_hex(6)


# A place held for the reader's own words.
PLACEHOLDER = re.compile(r"\[[^\[\]\n]{1,80}\]")


def same_words(text: str) -> str:
    """A text as it is compared with another: spaces, capitals and the last full stop make no difference."""
    return " ".join(text.split()).casefold().rstrip(".")


def tidy(text: str) -> str:
    """Words as they are kept: one kind of line end, nothing around them, no sign that a database refuses."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "").strip()


@dataclass(frozen=True)
class Missing:
    """One thing that a version still lacks before review: the part it belongs to, and words for a person."""

    part: str
    words: Any
    row: "Part | None" = None

    def __str__(self) -> str:
        return str(self.words)


@dataclass(frozen=True)
class Cell:
    """One place of a sealed version that holds words: a text of its own, or a field of one of its rows.

    A clause is found by its key. Objectives and services have none: they are found by their place in the list,
    counted from 1, which stays true because the rows of a sealed version never change.
    """

    part: str
    row: str
    field: str

    @property
    def place(self) -> str:
        """The thing that it belongs to, as it stands in an address: a text by its name, a row by part and key."""
        return f"{self.part}-{self.row}" if self.part else self.field


class Mandate(models.Model):
    """The handle that all versions hang on. One PMO per installation, so there is one."""

    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return f"mandate {self.pk}"


class MandateVersionQuerySet(models.QuerySet["MandateVersion"]):
    def drafts(self) -> "MandateVersionQuerySet":
        """Those that can still be written in."""
        return self.filter(sealed_at=None)

    def sealed(self) -> "MandateVersionQuerySet":
        """Those that can never change again."""
        return self.exclude(sealed_at=None)

    def live(self, now: datetime | None = None) -> "MandateVersionQuerySet":
        """The live version, as a query: newest publication whose time has come, approved for its hash.

        No job makes it live: it turns on the second with every worker dead.
        """
        newest = (
            Publication.objects.filter(
                publish_at__lte=now or timezone.now(),
                approval__content_hash=models.F("version__content_hash"),
            )
            .order_by("-publish_at", "-pk")
            .values("version")[:1]
        )
        return self.filter(pk__in=newest)

    def waiting(self) -> "MandateVersion | None":
        """The version that waits for the issuer: the newest that was sealed, neither published nor sent back."""
        newest = self.sealed().select_related("approval", "sent_back").first()
        return newest if newest and not newest.is_sent_back and not newest.publications.exists() else None

    def with_parts(self) -> "MandateVersionQuerySet":
        """With all that a page of the mandate shows, in a fixed number of queries."""
        return self.select_related("approval__by", "sealed_by", "sent_back__by").prefetch_related(
            "objectives",
            "services",
            "clauses",
            models.Prefetch("publications", Publication.objects.select_related("by")),
        )


class MandateVersion(models.Model):
    """One version of the mandate. Its clauses, services and objectives are rows of their own."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        IN_REVIEW = "in_review", _("In review")
        APPROVED = "approved", _("Approved")
        SENT_BACK = "sent_back", _("Sent back")
        LIVE = "live", _("Live")
        SUPERSEDED = "superseded", _("Superseded")

    mandate = models.ForeignKey(Mandate, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    why_before = models.TextField(_("what it was like before this office"), blank=True)
    why_asked_by = models.TextField(_("who asked for it, and why"), blank=True)
    why_noticed = models.TextField(_("how you notice that it is there"), blank=True)
    purpose = models.TextField(_("purpose, in one paragraph"), blank=True)
    helps = models.TextField(_("how that helps the business"), blank=True)
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
    TEXTS = ("why_before", "why_asked_by", "why_noticed", "purpose", "helps")
    LISTS = ("objectives", "services", "clauses")
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
        """A newer version has been published: this one is decided no more."""
        return Publication.objects.filter(version__number__gt=self.number).exists()

    @property
    def is_first(self) -> bool:
        """No older version was ever published: its readers know of none, so there is no change to tell."""
        return self.number == 1 or not Publication.objects.filter(version__number__lt=self.number).exists()

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
        """All that this version says, in a fixed form: what the hash is taken over."""
        return {
            "number": self.number,
            "why": [self.why_before, self.why_asked_by, self.why_noticed],
            "purpose": self.purpose,
            "helps": self.helps,
            "change": [self.change_note, self.is_material],
            "objectives": [row.content() for row in self.objectives.all()],
            "services": [row.content() for row in self.services.all()],
            "clauses": [row.content() for row in self.clauses.all()],
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
        """Each sealed or issued version that does not say what was sealed, in words; see verify_audit."""
        for version in cls.objects.sealed().with_parts().iterator(chunk_size=50):
            issued = {version.approval.content_hash} if hasattr(version, "approval") else set()
            if {version.fingerprint(), *issued} != {version.content_hash}:
                yield f"{version.key}: its words are not those that were sealed and approved"

    def missing(self) -> list[Missing]:
        """All that stands between this draft and review; empty when it can go."""
        wanted = [
            ("why", self.why_before, _("Why: say what it was like before this office.")),
            ("why", self.why_asked_by, _("Why: say who asked for this office.")),
            ("why", self.why_noticed, _("Why: say how people notice that it is there.")),
            ("purpose", self.purpose, _("Purpose: one paragraph on what the PMO is for.")),
            ("helps", self.helps, _("How it helps: say what the business gains.")),
            ("objectives", self.objectives.all(), _("Objectives: give at least one.")),
            ("services", self.services.all(), _("Services: give at least one.")),
        ]
        gaps = [Missing(part, words) for part, value, words in wanted if not value]
        clauses = list(self.clauses.all())
        kinds = {clause.kind for clause in clauses}
        if Clause.Kind.DOES not in kinds:
            gaps.append(Missing("clauses", _("Clauses: say at least one thing that the PMO does.")))
        if Clause.Kind.DOES_NOT not in kinds:
            gaps.append(Missing("clauses", _("Clauses: say at least one thing that it does not do.")))
        gaps += [Missing("services", words, service) for service in self.services.all() for words in service.lacks()]
        gaps += [Missing("clauses", words, clause) for clause in clauses for words in clause.lacks()]
        if self.is_material and not self.change_note and not self.is_first:
            gaps.append(Missing("change", _("What changed: say it in the reader's words.")))
        return gaps


class Part(models.Model):
    """A row of a version, in its place; sealed with it."""

    position = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        abstract = True
        ordering = ["position", "pk"]

    version: models.ForeignKey[MandateVersion, MandateVersion]

    SEAL = Seal(parent=("version_id", "mandate_mandateversion", "{row}.sealed_at IS NOT NULL"))
    FACTS: tuple[str, ...] = ()
    CELLS: tuple[str, ...] = ()

    def content(self) -> dict[str, Any]:
        """What this row says, for the hash."""
        return {name: getattr(self, name) for name in self.FACTS}

    @property
    def same_words(self) -> str:
        """The words by which a row is known again: two with the same are one."""
        return same_words(str(getattr(self, "text", "") or self))

    def placeholders(self) -> list[str]:
        """The places held for the reader's own words, such as “[name]”, in the order of the row; each once."""
        words = "\n".join(str(value) for value in self.content().values() if value)
        return list(dict.fromkeys(PLACEHOLDER.findall(words)))

    def lacks(self) -> list[Any]:
        """What this row still needs before review, in words."""
        line = _("“%(name)s”: put your own words for %(place)s.")
        return [line % {"name": self.short_name, "place": place} for place in self.placeholders()]

    @property
    def short_name(self) -> str:
        """The row in a few words."""
        return name if len(name := str(self)) <= 60 else f"{name[:57]}…"


class Objective(Part):
    """What the PMO wants to have reached, by which measure, and when."""

    version = models.ForeignKey(MandateVersion, models.CASCADE, related_name="objectives")
    text = models.CharField(_("objective"), max_length=300)
    measure = models.CharField(_("how we measure it"), max_length=300, blank=True)
    due_on = models.DateField(_("by"), null=True, blank=True)

    FACTS = ("text", "measure", "due_on")
    CELLS = ("text", "measure")

    def __str__(self) -> str:
        return self.text


class Service(Part):
    """What somebody gets from the PMO, when, how to ask for it, and what it needs from them."""

    version = models.ForeignKey(MandateVersion, models.CASCADE, related_name="services")
    name = models.CharField(_("service"), max_length=120)
    what_you_get = models.TextField(_("what you get"))
    when = models.CharField(_("when"), max_length=200, blank=True)
    how_to_ask = models.CharField(_("how to ask"), max_length=200, blank=True)
    who = models.CharField(_("who does it"), max_length=200, blank=True)
    what_we_need = models.CharField(_("what we need from you"), max_length=300, blank=True)

    FACTS = ("name", "what_you_get", "when", "how_to_ask", "who", "what_we_need")
    CELLS = FACTS

    def __str__(self) -> str:
        return self.name


class Clause(Part):
    """One thing that the PMO does, shares, or does not do. Keeps its key in every version."""

    class Kind(models.TextChoices):
        DOES = "does", _("The PMO does")
        SHARED = "shared", _("Shared")
        DOES_NOT = "does_not", _("The PMO does not")

    version = models.ForeignKey(MandateVersion, models.CASCADE, related_name="clauses")
    key = models.CharField(max_length=12, default=new_key, editable=False)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.DOES)
    number = models.CharField(max_length=12, editable=False, default="")
    text = models.TextField(_("the clause"), help_text=_("One sentence that a reader outside the PMO understands."))
    our_part = models.CharField(_("our part"), max_length=300, blank=True)
    your_part = models.CharField(_("your part"), max_length=300, blank=True)
    who_instead = models.CharField(_("who does it instead"), max_length=200, blank=True)
    how_to_reach = models.CharField(_("how to reach them"), max_length=200, blank=True)
    example = models.CharField(_("an example, in the reader's words"), max_length=300, blank=True)

    FACTS = (
        "key", "kind", "number", "text", "our_part", "your_part", "who_instead", "how_to_reach", "example",
    )  # fmt: skip
    CELLS = ("text", "our_part", "your_part", "who_instead", "how_to_reach", "example")

    class Meta(Part.Meta):
        constraints = [models.UniqueConstraint(fields=["version", "key"], name="one_clause_per_key")]

    def __str__(self) -> str:
        return f"{self.number} {self.text}".strip()

    def lacks(self) -> list[Any]:
        """What this clause still needs before review, in words."""
        wanted = {
            self.Kind.DOES: [],
            self.Kind.SHARED: [
                (self.our_part, _("“%(name)s”: say which part is ours.")),
                (self.your_part, _("“%(name)s”: say which part is theirs.")),
            ],
            self.Kind.DOES_NOT: [
                (self.who_instead, _("“%(name)s”: say who does it instead.")),
                (self.how_to_reach, _("“%(name)s”: say how to reach them.")),
                (self.example, _("“%(name)s”: give one example in the reader's words.")),
            ],
        }[self.Kind(self.kind)]
        return [words % {"name": self.short_name} for value, words in wanted if not value] + super().lacks()

    @property
    def short_name(self) -> str:
        """The clause in a few words, without its number."""
        return self.text if len(self.text) <= 60 else f"{self.text[:57]}…"


class Approval(models.Model):
    """The issuer's yes to one version, for exactly one hash."""

    version = models.OneToOneField(MandateVersion, models.PROTECT, related_name="approval")
    content_hash = models.CharField(max_length=64)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    capacity = models.CharField(max_length=60)
    at = models.DateTimeField()

    SEAL = Seal()

    def __str__(self) -> str:
        return f"{self.version}: {self.content_hash[:12]}"


class PublicationQuerySet(models.QuerySet["Publication"]):
    def with_letter(self, now: datetime) -> "PublicationQuerySet":
        """Those whose moment has come and that the issuer wants told by letter."""
        approved = models.Q(approval__content_hash=models.F("version__content_hash"))
        return self.filter(approved, publish_at__lte=now).exclude(message="")


class Publication(models.Model):
    """The issuer's word that an approved version holds from a moment on."""

    version = models.ForeignKey(MandateVersion, models.PROTECT, related_name="publications")
    approval = models.ForeignKey(Approval, models.PROTECT, related_name="+")
    publish_at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    capacity = models.CharField(max_length=60)
    at = models.DateTimeField()
    message = models.TextField(blank=True, help_text="why, in the issuer's own words; empty: no letter is sent")

    SEAL = Seal()
    objects = PublicationQuerySet.as_manager()

    class Meta:
        ordering = ["-publish_at", "-pk"]
        indexes = [models.Index(fields=["-publish_at"])]

    def __str__(self) -> str:
        return f"{self.version}, {self.publish_at:%Y-%m-%d %H:%M}"


class SentBack(models.Model):
    """The issuer's no to one version, with what has to be different."""

    version = models.OneToOneField(MandateVersion, models.PROTECT, related_name="sent_back")
    reason = models.TextField(_("what has to be different"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    capacity = models.CharField(max_length=60)
    at = models.DateTimeField()

    SEAL = Seal()

    class Meta:
        constraints = [models.CheckConstraint(condition=~models.Q(reason=""), name="sent_back_with_a_reason")]

    def __str__(self) -> str:
        return f"{self.version}: {self.reason[:60]}"


class SuggestionQuerySet(models.QuerySet["Suggestion"]):
    def open(self) -> "SuggestionQuerySet":
        """Those that nobody has answered."""
        return self.filter(outcome=Suggestion.Outcome.OPEN)


class Suggestion(models.Model):
    """Other words that the issuer would have at one cell of a version in review, and what became of them."""

    class Outcome(models.TextChoices):
        OPEN = "open", _("Waits for the PMO")
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")
        TAKEN_BACK = "taken_back", _("Taken back")
        CARRIED = "carried", _("Moved to the next version")

    version = models.ForeignKey(MandateVersion, models.PROTECT, related_name="suggestions")
    part = models.CharField(max_length=12, blank=True, help_text="objectives, services, clauses; empty for a text")
    row = models.CharField(max_length=12, blank=True, help_text="a clause's key, else the place in the sealed list")
    field = models.CharField(max_length=20)
    before = models.TextField()
    words = models.TextField()
    reason = models.TextField(blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.OPEN)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    answer = models.TextField(blank=True)
    led_to = models.ForeignKey(MandateVersion, models.PROTECT, null=True, related_name="answered_suggestions")

    SEAL = Seal(open=("outcome", "answered_at", "answered_by_id", "answer", "led_to_id"))
    objects = SuggestionQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "part", "row", "field"],
                condition=models.Q(outcome="open"),
                name="one_open_suggestion_per_cell",
            ),
            models.CheckConstraint(condition=~models.Q(words=models.F("before")), name="suggestion_changes_words"),
            models.CheckConstraint(
                condition=models.Q(outcome="open", answered_at=None, answered_by=None)
                | (~models.Q(outcome="open") & models.Q(answered_at__isnull=False, answered_by__isnull=False)),
                name="suggestion_answered_by_somebody",
            ),
            models.CheckConstraint(
                condition=~models.Q(outcome="declined", answer=""), name="suggestion_declined_with_a_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version_id} {self.cell.place} {self.field}: {self.outcome}"

    @property
    def cell(self) -> Cell:
        """The place that it is about."""
        return Cell(self.part, self.row, self.field)

    @property
    def is_open(self) -> bool:
        """Nobody has answered it."""
        return self.outcome == self.Outcome.OPEN
