"""What the issuer decides on a version: approve, publish, take any of it back. Each decision is a row of its own."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from pmo_portal.common.models import Seal


class Approval(models.Model):
    """The issuer's yes to one version, for exactly one hash."""

    version = models.OneToOneField("mandate.MandateVersion", models.PROTECT, related_name="approval")
    content_hash = models.CharField(max_length=64)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    capacity = models.CharField(max_length=60)
    at = models.DateTimeField()

    SEAL = Seal()

    def __str__(self) -> str:
        return f"{self.version}: {self.content_hash[:12]}"


class Revocation(models.Model):
    """The issuer takes an approval back before the version went live: it never goes live, and the next is written."""

    approval = models.OneToOneField(Approval, models.PROTECT, related_name="revocation")
    reason = models.TextField(_("why"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    capacity = models.CharField(max_length=60)
    at = models.DateTimeField()

    SEAL = Seal()

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

    def with_letter(self, now: datetime) -> "PublicationQuerySet":
        """Those whose moment has come and that the issuer wants told by letter."""
        return self.due(now).exclude(message="")


class Publication(models.Model):
    """The issuer's word that an approved version holds from a moment on."""

    version = models.ForeignKey("mandate.MandateVersion", models.PROTECT, related_name="publications")
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

    @property
    def is_cancelled(self) -> bool:
        """Taken back before its moment came, by itself or with the approval."""
        return hasattr(self, "cancellation") or hasattr(self.approval, "revocation")

    @property
    def is_withdrawn(self) -> bool:
        """Taken back after it went live."""
        return hasattr(self, "withdrawal")

    def is_due(self, now: datetime | None = None) -> bool:
        """Its moment has come, and it was not cancelled before."""
        return not self.is_cancelled and self.publish_at <= (now or timezone.now())

    def is_scheduled(self, now: datetime | None = None) -> bool:
        """Its moment is still to come."""
        return not self.is_cancelled and self.publish_at > (now or timezone.now())


class Cancellation(models.Model):
    """A publication is taken back before its moment: it never happens."""

    publication = models.OneToOneField(Publication, models.PROTECT, related_name="cancellation")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    capacity = models.CharField(max_length=60)
    at = models.DateTimeField()

    SEAL = Seal()

    def __str__(self) -> str:
        return f"{self.publication}: cancelled"


class Withdrawal(models.Model):
    """The live version is taken back: from then on none is live until the issuer publishes one again."""

    publication = models.OneToOneField(Publication, models.PROTECT, related_name="withdrawal")
    reason = models.TextField(_("why"), help_text="shown to the readers of the mandate")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    capacity = models.CharField(max_length=60)
    at = models.DateTimeField()

    SEAL = Seal()

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


class SentBack(models.Model):
    """The issuer's no to one version, with what has to be different."""

    version = models.OneToOneField("mandate.MandateVersion", models.PROTECT, related_name="sent_back")
    reason = models.TextField(_("what has to be different"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    capacity = models.CharField(max_length=60)
    at = models.DateTimeField()

    SEAL = Seal()

    class Meta:
        constraints = [models.CheckConstraint(condition=~models.Q(reason=""), name="sent_back_with_a_reason")]

    def __str__(self) -> str:
        return f"{self.version}: {self.reason[:60]}"
