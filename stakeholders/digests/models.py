"""When somebody wants the digest, what they are owed, and one delivery per slot of their calendar."""

from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _

from pmo_portal.journal.models import Event
from pmo_portal.outbox.models import OutgoingEmail
from stakeholders.people.models import Person


class DigestPreference(models.Model):
    """One person's rhythm, in their own calendar."""

    class Rhythm(models.TextChoices):
        DAILY = "daily", _("every weekday")
        WEEKLY = "weekly", _("every week")
        MONTHLY = "monthly", _("every month")
        OFF = "off", _("never")

    class Weekday(models.IntegerChoices):
        MONDAY = 0, _("Monday")
        TUESDAY = 1, _("Tuesday")
        WEDNESDAY = 2, _("Wednesday")
        THURSDAY = 3, _("Thursday")
        FRIDAY = 4, _("Friday")

    # No zone of the world skips or doubles these hours when its clocks change.
    HOURS = range(5, 21)

    person = models.OneToOneField(Person, models.CASCADE, related_name="digest_preference")
    rhythm = models.CharField(_("how often"), max_length=8, choices=Rhythm, default=Rhythm.WEEKLY)
    weekday = models.PositiveSmallIntegerField(_("day"), choices=Weekday, default=Weekday.MONDAY)
    hour = models.PositiveSmallIntegerField(_("hour"), default=9)
    zone = models.CharField(_("time zone"), max_length=64, default="Europe/London")
    since = models.DateTimeField(help_text="no slot before this moment is ever planned")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(hour__gte=5, hour__lte=20), name="digest_hour_by_day"),
            models.CheckConstraint(condition=models.Q(weekday__lte=4), name="digest_on_a_weekday"),
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.rhythm}"


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def to_render(self, now: datetime) -> "DeliveryQuerySet":
        """Those whose time has come and that nobody has rendered."""
        return self.filter(state=Delivery.State.PLANNED, due_at__lte=now)


class Delivery(models.Model):
    """One slot of one person's calendar: planned, then rendered into an outgoing e-mail, or skipped with a reason."""

    class State(models.TextChoices):
        PLANNED = "planned", _("Planned")
        RENDERED = "rendered", _("Written")
        SKIPPED = "skipped", _("Not written")

    class Reason(models.TextChoices):
        EMPTY = "empty", _("Nothing new")
        LEFT = "left", _("Left the digest")
        NO_ADDRESS = "no_address", _("No address")
        NO_ROLE = "no_role", _("No role any more")

    person = models.ForeignKey(Person, models.PROTECT, related_name="deliveries")
    slot = models.CharField(max_length=30, help_text="of the person's own calendar, weekly:2026-W13")
    due_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.PLANNED)
    reason = models.CharField(max_length=12, choices=Reason, blank=True)
    email = models.OneToOneField(OutgoingEmail, models.PROTECT, null=True, related_name="delivery")

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ["-due_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["person", "slot"], name="one_delivery_per_slot"),
            models.CheckConstraint(
                condition=models.Q(state="planned", email=None, reason="")
                | models.Q(state="rendered", email__isnull=False, reason="")
                | (models.Q(state="skipped", email=None) & ~models.Q(reason="")),
                name="delivery_in_one_state",
            ),
        ]
        indexes = [models.Index(fields=["due_at"], name="digests_planned", condition=models.Q(state="planned"))]
        verbose_name_plural = "deliveries"

    def __str__(self) -> str:
        return f"{self.person} {self.slot}"


class Owed(models.Model):
    """This person is owed this event, by the roles they held when it happened; one delivery tells it, once."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    event = models.ForeignKey(Event, models.PROTECT, related_name="owed")
    delivery = models.ForeignKey(Delivery, models.PROTECT, null=True, related_name="told")

    class Meta:
        verbose_name_plural = "owed"
        constraints = [models.UniqueConstraint(fields=["person", "event"], name="owed_once")]
        indexes = [models.Index(fields=["person"], name="owed_open", condition=models.Q(delivery=None))]

    def __str__(self) -> str:
        return f"{self.person_id} {self.event_id}"


class Expanded(models.Model):
    """This event has been turned into what people are owed; an event without this row still waits."""

    event = models.OneToOneField(Event, models.PROTECT, related_name="expanded")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.event_id}"
