"""What the issuer decides on a version: approve, publish, take any of it back. Each decision is a row of its own."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from pmo_portal.audit.models import Entry
from pmo_portal.common.models import Seal, sha256_of


class Decision(models.Model):
    """What one issuer decided at one time. Where a deputy decides, both names stand in the row."""

    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    acting_for = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    capacity = models.CharField(max_length=60)
    at = models.DateTimeField()

    SEAL = Seal()

    class Meta:
        abstract = True

    @property
    def who(self) -> str:
        """Who decided, within a sentence."""
        if self.acting_for is None:
            return str(self.by)
        return str(_("%(name)s for %(issuer)s") % {"name": self.by, "issuer": self.acting_for})

    def is_told_by(self, entry: Entry, facts: dict[str, Any]) -> bool:
        """Whether an entry of the audit is about this very decision; facts that it does not speak of do not count."""
        mine = (self.by_id, self.acting_for_id, self.at)
        is_mine = (entry.by_id, entry.details.get("acting_for"), entry.at) == mine
        return is_mine and all(entry.details.get(name, fact) == fact for name, fact in facts.items())

    @property
    def signed(self) -> str:
        """Who decided, with the office by which they did."""
        if self.acting_for is None:
            return f"{self.by}, {self.capacity}"
        return str(_("%(name)s for %(issuer)s, Issuer") % {"name": self.by, "issuer": self.acting_for})


class Approval(Decision):
    """The issuer's yes to one version, for exactly one hash."""

    version = models.OneToOneField("mandate.MandateVersion", models.PROTECT, related_name="approval")
    content_hash = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.version}: {self.content_hash[:12]}"


class Revocation(Decision):
    """The issuer takes an approval back before the version went live: it never goes live, and the next is written."""

    approval = models.OneToOneField(Approval, models.PROTECT, related_name="revocation")
    reason = models.TextField(_("why"))

    class Meta:
        constraints = [models.CheckConstraint(condition=~models.Q(reason=""), name="revoked_with_a_reason")]

    def __str__(self) -> str:
        return f"{self.approval}: revoked"


class PublicationQuerySet(models.QuerySet["Publication"]):
    def standing(self) -> "PublicationQuerySet":
        """Those that nobody cancelled, of versions approved for exactly their hash and still so."""
        return self.filter(
            cancellation=None,
            approval__revocation=None,
            approval__content_hash=models.F("version__content_hash"),
        )

    def due(self, now: datetime) -> "PublicationQuerySet":
        """Those whose moment has come; a withdrawn one was live too, until it was withdrawn."""
        return self.standing().filter(publish_at__lte=now)

    def scheduled(self, now: datetime) -> "PublicationQuerySet":
        """Those whose moment is still to come; nobody but the PMO and the issuer knows of them."""
        return self.standing().filter(publish_at__gt=now)

    def held(self, now: datetime) -> "PublicationQuerySet":
        """The newest whose moment has come, withdrawn or not: after it was withdrawn none holds."""
        newest = self.due(now).order_by("-publish_at", "-pk").values("pk")[:1]
        return self.filter(pk__in=newest)

    def to_tell(self, now: datetime) -> "PublicationQuerySet":
        """Those whose moment has come, the first one first, but for what failed and is tried again later."""
        later = models.Q(untold__mended_at=None, untold__again_at__gt=now)
        return self.due(now).exclude(later).order_by("publish_at", "pk")

    def with_fate(self) -> "PublicationQuerySet":
        """With who issued it and what became of it."""
        names = [f"{each}{who}" for each in ("", "cancellation__", "withdrawal__") for who in ("by", "acting_for")]
        return self.select_related("version", "approval__revocation", *names)

    def with_letter(self, now: datetime) -> "PublicationQuerySet":
        """Those whose moment has come and that the issuer wants told by letter."""
        return self.due(now).exclude(message="")


class Publication(Decision):
    """The issuer's word that an approved version holds from a moment on."""

    version = models.ForeignKey("mandate.MandateVersion", models.PROTECT, related_name="publications")
    approval = models.ForeignKey(Approval, models.PROTECT, related_name="+")
    publish_at = models.DateTimeField()
    message = models.TextField(blank=True, help_text="why, in the issuer's own words; empty: no letter is sent")

    objects = PublicationQuerySet.as_manager()

    class Meta:
        ordering = ["-publish_at", "-pk"]
        indexes = [models.Index(fields=["-publish_at"])]

    def __str__(self) -> str:
        return f"{self.version}, {self.publish_at:%Y-%m-%d %H:%M}"

    @property
    def is_cancelled(self) -> bool:
        """Taken back before its moment came, by itself or with the approval."""
        return hasattr(self, "cancellation") or hasattr(self.approval, "revocation")

    @property
    def is_withdrawn(self) -> bool:
        """Taken back after it went live."""
        return hasattr(self, "withdrawal")

    def facts(self) -> dict[str, Any]:
        """What the audit keeps of it."""
        letter = {"letter": bool(self.message), "letter_hash": sha256_of(self.message)}
        return {"publish_at": self.publish_at.isoformat(), **letter}

    def is_due(self, now: datetime | None = None) -> bool:
        """Its moment has come, and it was not cancelled before."""
        return not self.is_cancelled and self.publish_at <= (now or timezone.now())

    def may_stay_beside(self, version: Any, at: datetime) -> bool:
        """Whether it may keep its moment beside that of another version: older words never follow newer ones."""
        if self.version.number < version.number:
            return self.publish_at < at
        return self.publish_at > at

    def is_scheduled(self, now: datetime | None = None) -> bool:
        """Its moment is still to come."""
        return not self.is_cancelled and self.publish_at > (now or timezone.now())


class Cancellation(Decision):
    """A publication is taken back before its moment: it never happens."""

    publication = models.OneToOneField(Publication, models.PROTECT, related_name="cancellation")

    def __str__(self) -> str:
        return f"{self.publication}: cancelled"


class Withdrawal(Decision):
    """The live version is taken back: from then on none is live until the issuer publishes one again."""

    publication = models.OneToOneField(Publication, models.PROTECT, related_name="withdrawal")
    reason = models.TextField(_("why"), help_text="shown to the readers of the mandate")

    class Meta:
        constraints = [models.CheckConstraint(condition=~models.Q(reason=""), name="withdrawn_with_a_reason")]

    def __str__(self) -> str:
        return f"{self.publication}: withdrawn"


class Proclaimed(models.Model):
    """The journal knows that this publication has gone live. Nothing that readers see waits for this row."""

    publication = models.OneToOneField(Publication, models.PROTECT, related_name="proclaimed")
    at = models.DateTimeField()

    SEAL = Seal()

    def __str__(self) -> str:
        return f"{self.publication_id}"


class UntoldQuerySet(models.QuerySet["Untold"]):
    def open(self) -> "UntoldQuerySet":
        """Those where somebody still waits to be told."""
        return self.filter(mended_at=None)


class Untold(models.Model):
    """Telling people of a publication has failed and is tried again; the version is live all the same."""

    publication = models.OneToOneField(Publication, models.PROTECT, related_name="untold")
    since = models.DateTimeField()
    tries = models.PositiveIntegerField(default=0)
    again_at = models.DateTimeField()
    letters = models.PositiveIntegerField(default=0, help_text="not written; 0: nobody knows yet to whom they go")
    told_at = models.DateTimeField(null=True, help_text="when the PMO lead was told, once")
    mended_at = models.DateTimeField(null=True)

    objects = UntoldQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "untold"

    def __str__(self) -> str:
        return f"{self.publication_id}: {self.tries}"


class SentBack(Decision):
    """The issuer's no to one version, with what has to be different."""

    version = models.OneToOneField("mandate.MandateVersion", models.PROTECT, related_name="sent_back")
    reason = models.TextField(_("what has to be different"))

    class Meta:
        constraints = [models.CheckConstraint(condition=~models.Q(reason=""), name="sent_back_with_a_reason")]

    def __str__(self) -> str:
        return f"{self.version}: {self.reason[:60]}"
