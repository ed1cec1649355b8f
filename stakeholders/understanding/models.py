"""Who has read which version, who is asked to, who need not, who follows it, and what a clause means in an area."""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Case, F, OuterRef, Q, Subquery, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from mandate.models import MandateVersion, Publication
from pmo_portal.audit.models import Entry
from pmo_portal.common.models import Seal, sha256_of
from stakeholders.areas.models import Area
from stakeholders.people.models import Person, Role, RoleQuerySet


class State(models.TextChoices):
    """How somebody stands to what is asked today; worked out from rows, kept nowhere."""

    READ = "read", _("Has read it")
    CHANGED = "changed", _("Earlier version")
    OPEN = "open", _("Not yet")
    WAIVED = "waived", _("Excused")
    NO_WAY_IN = "no_way_in", _("Not invited")


OVERDUE = "overdue"


class Said(models.Model):
    """Something that is kept of a person and a version, and noted in the audit: each bears the other out."""

    # Rows of before were noted a moment later than they say.
    A_MOMENT = timedelta(minutes=1)
    VERB: ClassVar[str]

    person_id: int  # each model keeps its person itself: under what name it is found again is its own

    version = models.ForeignKey(MandateVersion, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        abstract = True

    def noted(self) -> dict[str, Any]:
        """What the audit notes of it beside the version and the time."""
        raise NotImplementedError

    @classmethod
    def untrue(cls) -> Iterator[str]:
        """Each row that was changed, put in or taken out behind the portal's back, in words; see verify_audit."""
        entries = Entry.objects.filter(verb=cls.VERB).iterator(chunk_size=500)
        said = {(each.subject, each.details.get("person")): each for each in entries}
        for row in cls._default_manager.select_related("version").iterator(chunk_size=500):
            entry = said.pop((row.version.key, row.person_id), None)
            if entry is None or entry.details != row.noted() or abs(entry.at - row.at) > cls.A_MOMENT:
                yield f"{cls.__name__.lower()} {row.pk} of {row.version.key}: it is not what was noted of it"
        for subject, person in said:
            yield f"{cls.__name__.lower()} of {subject} by person:{person}: it was said, and is gone"


class Acknowledgement(Said):
    """Read, and said so; a countersignature counts."""

    class How(models.TextChoices):
        PAGE = "page", _("on the mandate's page")
        COUNTERSIGNATURE = "countersignature", _("by countersigning an agreement")

    person = models.ForeignKey(Person, models.PROTECT, related_name="acknowledgements")
    how = models.CharField(max_length=20, choices=How)

    SEAL = Seal()
    VERB = "acknowledge"

    class Meta:
        ordering = ["-at"]
        constraints = [models.UniqueConstraint(fields=["person", "version"], name="one_acknowledgement_each")]

    def __str__(self) -> str:
        return f"{self.person}: {self.version}"

    def noted(self) -> dict[str, Any]:
        """The person and the way."""
        return {"person": self.person_id, "how": self.how}


class Waiver(Said):
    """Somebody need not say that they have read a version, and why."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="waivers")
    reason = models.TextField(_("why"), max_length=500)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    SEAL = Seal()
    VERB = "waive_reading"

    class Meta:
        ordering = ["-at"]
        constraints = [
            models.UniqueConstraint(fields=["person", "version"], name="one_waiver_each"),
            models.CheckConstraint(condition=~Q(reason=""), name="waived_with_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.version}, waived"

    def noted(self) -> dict[str, Any]:
        """The person, and the reason by its hash: its words stand here alone."""
        return {"person": self.person_id, "reason": sha256_of(self.reason)}


def wanted(now: datetime | None = None) -> models.QuerySet[MandateVersion]:
    """The version from which on having read counts, as a query of one row at most; with `wanted_since`.

    The newest material version that was published, up to the live one: what came after it means the same in better
    words. The first version that anybody saw counts as material, whatever it says of itself. Where no version is
    live, nothing is asked.
    """
    now = now or timezone.now()
    live = MandateVersion.objects.live(now).values("number")[:1]
    published = Publication.objects.due(now).filter(version=OuterRef("pk")).order_by("-publish_at")
    newest_material = Case(
        When(is_material=True, then=F("number")), default=F("number") * -1, output_field=models.IntegerField()
    )
    return (
        MandateVersion.objects.published(now)
        .filter(number__lte=Subquery(live))
        .annotate(wanted_since=Subquery(published.values("publish_at")[:1]))
        .order_by(newest_material.desc())[:1]
    )


class Readership(models.Model):
    """Who is asked to say that they have read the mandate, and within how many days: the PMO's one choice.

    No roles or no areas chosen means all of them, those to come as well.
    """

    DAYS = 30

    kinds = models.JSONField(default=list)
    areas = models.ManyToManyField(Area, blank=True, related_name="+")
    days = models.PositiveSmallIntegerField(_("days to read it"), null=True, blank=True, default=DAYS)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="one_readership")]

    def __str__(self) -> str:
        return f"{self.kinds or 'all roles'}, {self.days} days"

    @classmethod
    def current(cls) -> "Readership":
        """The choice as it stands; the usual one before anybody chose. Its areas come with it."""
        return cls.objects.prefetch_related("areas").filter(pk=1).first() or cls(pk=1)

    def chosen_areas(self) -> list[Area]:
        """The areas that were chosen; none before the choice was ever kept."""
        return [] if self._state.adding else list(self.areas.all())

    def roles(self, **on: Any) -> RoleQuerySet:
        """The roles of a day (today) by which somebody is asked."""
        roles, areas = Role.objects.on(**on), self.chosen_areas()
        roles = roles.filter(kind__in=self.kinds) if self.kinds else roles
        return roles.filter(area__in=areas) if areas else roles


class FollowQuerySet(models.QuerySet["Follow"]):
    def open(self) -> "FollowQuerySet":
        """Those of people who have not left."""
        return self.filter(ended_at=None)


class Follow(models.Model):
    """A reader whom no role tells of it wants a letter whenever the mandate changes, from a moment to a moment."""

    LEAVE = "mandate-follow-leave"  # what the link in the letter was signed for

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    since = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = FollowQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user"], condition=Q(ended_at=None), name="followed_once_at_a_time")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} since {self.since:%Y-%m-%d}"


class MeaningQuerySet(models.QuerySet["Meaning"]):
    def holding(self, version: MandateVersion) -> "MeaningQuerySet":
        """Those whose clause stands in a version."""
        return self.filter(clause_key__in=version.clauses.values("key"))

    def homeless(self, version: MandateVersion) -> "MeaningQuerySet":
        """Those whose clause is gone: kept, because it may come back, and shown to no reader."""
        return self.exclude(clause_key__in=version.clauses.values("key"))

    def overtaken(self, changes: dict[str, int]) -> "MeaningQuerySet":
        """Those written before the last material change of their clause; `changes` is clause key → version number."""
        older = (models.Q(clause_key=key, version__number__lt=number) for key, number in changes.items())
        return self.filter(models.Q(*older, _connector=models.Q.OR)) if changes else self.none()

    def in_areas(self, areas: Collection[int]) -> "MeaningQuerySet":
        """Those of some areas, by key."""
        return self.filter(area__in=areas)


class Meaning(models.Model):
    """One sentence: what a clause means in an area. Where there is none, it means the same as for everybody."""

    area = models.ForeignKey(Area, models.PROTECT, related_name="+", editable=False)
    clause_key = models.CharField(max_length=12, editable=False)
    text = models.CharField(_("what it means there"), max_length=300)
    # The version that held when it was written: from this it is told whether its clause has changed since.
    version = models.ForeignKey(MandateVersion, models.PROTECT, related_name="+", editable=False)
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False)
    at = models.DateTimeField(editable=False)

    objects = MeaningQuerySet.as_manager()

    class Meta:
        ordering = ["area__name", "clause_key"]
        constraints = [
            models.UniqueConstraint(fields=["area", "clause_key"], name="one_meaning_per_clause_and_area"),
            models.CheckConstraint(condition=~models.Q(text=""), name="meaning_says_something"),
        ]

    def __str__(self) -> str:
        return f"{self.area}: {self.text}"
