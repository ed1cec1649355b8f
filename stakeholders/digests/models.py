"""When somebody wants the digest, what they are owed, and one delivery per slot of their calendar."""

from datetime import datetime
from typing import Any
from zoneinfo import available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from mandate.models import Publication
from pmo_portal.journal.models import Event
from pmo_portal.outbox.models import OutgoingEmail
from stakeholders.people.models import Person


def known_zone(name: str) -> None:
    """Refuses a time zone that does not exist."""
    if name not in available_timezones():
        raise ValidationError(_("“%(name)s” is not a time zone."), params={"name": name})


class DigestPreferenceQuerySet(models.QuerySet["DigestPreference"]):
    def wanted(self) -> "DigestPreferenceQuerySet":
        """Those of people who have not left."""
        return self.exclude(rhythm=DigestPreference.Rhythm.OFF)

    def without(self, slot: str, at: datetime) -> "DigestPreferenceQuerySet":
        """Those for whom this slot counts and is not planned yet."""
        return self.filter(since__lte=at).exclude(person__deliveries__slot=slot)


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
    # What a slot follows from; a change of any of them begins a new calendar.
    SETTING = ("rhythm", "weekday", "hour", "zone")

    person = models.OneToOneField(Person, models.CASCADE, related_name="digest_preference")
    rhythm = models.CharField(_("how often"), max_length=8, choices=Rhythm, default=Rhythm.WEEKLY)
    weekday = models.PositiveSmallIntegerField(_("day"), choices=Weekday, default=Weekday.MONDAY)
    hour = models.PositiveSmallIntegerField(_("hour"), default=9)
    zone = models.CharField(_("time zone"), max_length=64, default="Europe/London", validators=[known_zone])
    since = models.DateTimeField(help_text="no slot before this moment is ever planned")
    chosen_by_person = models.BooleanField(default=False, help_text="their own choice; the PMO's no longer counts")
    rhythm_before = models.CharField(
        max_length=8, choices=Rhythm, blank=True, help_text="what they left, for those who think again"
    )

    objects = DigestPreferenceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(hour__gte=5, hour__lte=20), name="digest_hour_by_day"),
            models.CheckConstraint(condition=models.Q(weekday__lte=4), name="digest_on_a_weekday"),
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.rhythm}"

    def setting(self) -> dict[str, Any]:
        """What its slots follow from."""
        return {name: getattr(self, name) for name in self.SETTING}


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def to_render(self, now: datetime) -> "DeliveryQuerySet":
        """Those whose time has come and that nobody has rendered."""
        return self.filter(state=Delivery.State.PLANNED, due_at__lte=now)

    def skipped(self) -> "DeliveryQuerySet":
        """Those for which nothing was written, with the reason."""
        return self.filter(state=Delivery.State.SKIPPED)


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
        NO_WAY_IN = "no_way_in", _("Not invited yet, or no longer let in")
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

    class LeftOut(models.TextChoices):
        NO_RIGHT = "no_right", _("May no longer read it")
        GONE = "gone", _("No longer there")
        OUTRUN = "outrun", _("Said by something newer")
        LETTER = "letter", _("Told by the issuer's letter")

    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    event = models.ForeignKey(Event, models.PROTECT, related_name="owed")
    delivery = models.ForeignKey(Delivery, models.PROTECT, null=True, related_name="told")
    left_out = models.CharField(
        max_length=8, choices=LeftOut, blank=True, help_text="why its delivery is silent on it"
    )

    class Meta:
        verbose_name_plural = "owed"
        constraints = [models.UniqueConstraint(fields=["person", "event"], name="owed_once")]
        indexes = [models.Index(fields=["person"], name="owed_open", condition=models.Q(delivery=None))]

    def __str__(self) -> str:
        return f"{self.person_id} {self.event_id}"


class Told(models.Model):
    """A standing thing (what waits, is late, comes near) was in a letter: it is no news to this person any more."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    key = models.CharField(max_length=60, help_text="what was said of what, late:promise:12")
    delivery = models.ForeignKey(Delivery, models.PROTECT, related_name="+")

    class Meta:
        verbose_name_plural = "told"
        constraints = [models.UniqueConstraint(fields=["person", "key"], name="told_once")]

    def __str__(self) -> str:
        return f"{self.person_id} {self.key}"


class Asked(models.Model):
    """A person was asked for something in a month, in a letter or on their page; or it lapsed, and was not asked.

    Three a month and no fourth: each takes one of three places. Signatures and questions take none.
    """

    class How(models.TextChoices):
        LETTER = "letter", _("by letter")
        PAGE = "page", _("on their page")
        NOT = "not_asked", _("not asked")

    PLACES = (1, 2, 3)
    MOST_LETTERS = 2  # about one thing, in all months together

    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    key = models.CharField(max_length=60, help_text="the record that it is about, promise:12")
    kind = models.CharField(max_length=20)
    title = models.CharField(max_length=250, help_text="in words, as it was asked")
    month = models.CharField(max_length=7, help_text="of the organisation's calendar, 2026-11")
    at = models.DateTimeField()
    how = models.CharField(max_length=9, choices=How)
    place = models.PositiveSmallIntegerField(null=True, help_text="which of the month's three")
    letters = models.PositiveSmallIntegerField(default=0, help_text="in how many letters of this month it stood")

    class Meta:
        ordering = ["month", "place", "pk"]
        verbose_name_plural = "asked"
        constraints = [
            models.UniqueConstraint(fields=["person", "key", "month"], name="asked_once_a_month"),
            models.UniqueConstraint(fields=["person", "month", "place"], name="one_ask_per_place"),
            models.CheckConstraint(
                condition=models.Q(how="not_asked", place=None)
                | (~models.Q(how="not_asked") & models.Q(place__isnull=False, place__gte=1, place__lte=3)),
                name="three_places_a_month",
            ),
            models.CheckConstraint(condition=models.Q(letters__lte=2), name="asked_in_two_letters_at_most"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.month} {self.key}"


class Considered(models.Model):
    """When it was last decided what this person is asked: once an hour, by one of many tickers."""

    person = models.OneToOneField(Person, models.CASCADE, related_name="considered")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.person_id} {self.at:%Y-%m-%d %H:%M}"


class Expanded(models.Model):
    """This event has been turned into what people are owed; an event without this row still waits."""

    event = models.OneToOneField(Event, models.PROTECT, related_name="expanded")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.event_id}"


class Announced(models.Model):
    """This publication's letters have been decided on: to whom they go, or that a newer version has overtaken it."""

    publication = models.OneToOneField(Publication, models.PROTECT, related_name="announced")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.publication_id}"


class AnnouncementQuerySet(models.QuerySet["Announcement"]):
    def to_write(self, now: datetime) -> "AnnouncementQuerySet":
        """Those that nobody has written, but for what failed and is tried again later."""
        return self.filter(state=Announcement.State.PLANNED).exclude(again_at__gt=now)

    def failing(self) -> "AnnouncementQuerySet":
        """Those that could not be written so far."""
        return self.filter(state=Announcement.State.PLANNED, tries__gt=0)


class Announcement(models.Model):
    """The issuer's letter to one reader: planned, then written into an outgoing e-mail, or left out with a reason."""

    class State(models.TextChoices):
        PLANNED = "planned", _("Planned")
        WRITTEN = "written", _("Written")
        LEFT_OUT = "left_out", _("No role and no right to read it any more")
        OVERTAKEN = "overtaken", _("The version did not hold any more")

    announced = models.ForeignKey(Announced, models.PROTECT, related_name="announcements")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.PLANNED)
    email = models.OneToOneField(OutgoingEmail, models.PROTECT, null=True, related_name="announcement")
    tries = models.PositiveIntegerField(default=0, help_text="how often it could not be written")
    again_at = models.DateTimeField(null=True)

    objects = AnnouncementQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["announced", "user"], name="announced_to_each_once"),
            models.CheckConstraint(
                condition=models.Q(state="written", email__isnull=False)
                | (~models.Q(state="written") & models.Q(email=None)),
                name="announcement_in_one_state",
            ),
        ]
        indexes = [models.Index(fields=["announced"], name="announcement_open", condition=models.Q(state="planned"))]

    def __str__(self) -> str:
        return f"{self.announced_id} {self.user_id} {self.state}"
