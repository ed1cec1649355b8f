"""A user is a way in (an address), a code opens it once; an appointment says what the PMO and the issuer may do."""

from datetime import date, datetime, timedelta
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from pmo_portal.common.models import today


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, name: str = "", password: str | None = None, **extra: Any) -> "User":
        """A user with this address; without a password they come in by code."""
        user = self.model(email=email.strip().lower(), name=name, **extra)
        user.set_password(password) if password else user.set_unusable_password()
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, name: str = "", password: str | None = None, **extra: Any) -> "User":
        """An administrator: accounts, settings, backups; decides nothing of the business."""
        return self.create_user(email, name, password, is_staff=True, is_superuser=True, **extra)


class User(AbstractBaseUser, PermissionsMixin):
    """A way in. Who somebody is for the PMO is a Person's matter, not this row's."""

    class Theme(models.TextChoices):
        AUTO = "auto", _("As the device")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(_("name"), max_length=120, blank=True)
    is_active = models.BooleanField(_("may come in"), default=True)
    is_staff = models.BooleanField(_("administrator"), default=False)
    theme = models.CharField(max_length=5, choices=Theme, default=Theme.AUTO)
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True, help_text=_("Empty: the organisation's."))
    joined_at = models.DateTimeField(default=timezone.now, editable=False)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    objects = UserManager()

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="one_user_per_address")]

    def __str__(self) -> str:
        return self.name or self.email

    def clean(self) -> None:
        """One address is one person, however it is typed."""
        super().clean()
        self.email = self.email.lower()

    def get_full_name(self) -> str:
        """The name people know them by."""
        return str(self)


class AppointmentQuerySet(models.QuerySet["Appointment"]):
    def on(self, day: date) -> "AppointmentQuerySet":
        """Those that hold on this day, of users who may still come in; an administrator decides nothing."""
        deciding = [Appointment.Office.LEAD, Appointment.Office.ISSUER]
        return self.exclude(office__in=deciding, user__is_staff=True).filter(
            models.Q(ends_on=None) | models.Q(ends_on__gte=day), starts_on__lte=day, user__is_active=True
        )


class Appointment(models.Model):
    """One user, one office, with dates; a deputy acts in the office's place within the dates."""

    class Office(models.TextChoices):
        MEMBER = "member", _("PMO member")
        LEAD = "lead", _("PMO lead")
        ISSUER = "issuer", _("Issuer")

    user = models.ForeignKey(User, models.PROTECT, related_name="appointments")
    office = models.CharField(max_length=10, choices=Office)
    is_deputy = models.BooleanField(_("as deputy"), default=False)
    starts_on = models.DateField(default=timezone.localdate)
    ends_on = models.DateField(null=True, blank=True)

    objects = AppointmentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_on=None) | models.Q(ends_on__gte=models.F("starts_on")),
                name="appointment_ends_after_it_starts",
            ),
            models.UniqueConstraint(
                fields=["office"],
                condition=models.Q(is_deputy=False, ends_on=None, office="issuer"),
                name="one_issuer_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.capacity}"

    def clean(self) -> None:
        """The issuer is never of the PMO, an administrator decides nothing, and one issuer stands at a time."""
        super().clean()
        if not self.user_id:
            return
        office, first = self.Office, self.starts_on or today()
        if self.ends_on and self.ends_on < first:
            raise ValidationError({"ends_on": _("It cannot end before it begins.")})
        others = Appointment.objects.filter(models.Q(ends_on=None) | models.Q(ends_on__gte=first)).exclude(pk=self.pk)
        if self.ends_on:
            others = others.filter(starts_on__lte=self.ends_on)
        opposite = {office.MEMBER, office.LEAD} if self.office == office.ISSUER else {office.ISSUER}
        if others.filter(user=self.user, office__in=opposite).exists():
            raise ValidationError(
                _("%(name)s cannot work in the PMO and issue its mandate: the two need different people.")
                % {"name": self.user}
            )
        if self.pk is None and self.user.is_staff and self.office != office.MEMBER:
            raise ValidationError(
                _("An administrator decides nothing of the business: give this office to another account.")
            )
        standing = others.filter(office=office.ISSUER, is_deputy=False).select_related("user").first()
        if self.office == office.ISSUER and not self.is_deputy and standing:
            raise ValidationError(_("%(name)s is the issuer until that appointment ends.") % {"name": standing.user})

    @property
    def capacity(self) -> str:
        """The office in words, as it stands under a signature."""
        office = str(self.get_office_display())
        return _("%(office)s (deputy)") % {"office": office} if self.is_deputy else office


class SignInCodeQuerySet(models.QuerySet["SignInCode"]):
    def open(self, now: datetime) -> "SignInCodeQuerySet":
        """Those that may still be tried."""
        return self.filter(used_at=None, expires_at__gt=now, tries__lt=SignInCode.MOST_TRIES)


class SignInCode(models.Model):
    """Six digits that were sent to one address, for one browser, to be used once. The digits are never kept.

    An address that nobody may come in by has a row too, with a hash that no digits have: from outside both are alike.
    """

    class Purpose(models.TextChoices):
        COME_IN = "come_in", _("To come in")
        PROVE = "prove", _("To show that it is still the same person")

    MOST_TRIES = 3
    LIFE = timedelta(minutes=10)
    KEPT = timedelta(hours=1)

    user = models.ForeignKey(User, models.CASCADE, null=True, blank=True, related_name="+")
    address = models.EmailField(max_length=254)
    purpose = models.CharField(max_length=10, choices=Purpose)
    browser = models.CharField(max_length=64)
    code_hash = models.CharField(max_length=64, blank=True)
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    tries = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True, blank=True)

    objects = SignInCodeQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["browser", "purpose"], name="code_by_browser")]
        constraints = [
            models.CheckConstraint(condition=models.Q(tries__lte=3), name="a_code_is_tried_three_times"),
            models.CheckConstraint(
                condition=models.Q(purpose="come_in") | models.Q(user__isnull=False), name="a_proof_is_somebodys"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()}, {self.sent_at:%Y-%m-%d %H:%M}"
