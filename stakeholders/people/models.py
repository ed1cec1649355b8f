"""Somebody the PMO works with, the roles they hold and when, and the invitation to the portal."""

from datetime import date
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Cast, Concat, Lower
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from pmo_portal.accounts.models import Appointment
from pmo_portal.common.models import Seal, today
from pmo_portal.outbox.models import OutgoingEmail
from stakeholders.areas.models import Area


class PersonQuerySet(models.QuerySet["Person"]):
    def with_state(self) -> "PersonQuerySet":
        """Each with `state`, `invited_at` and what became of the letter; an address that was mended begins anew."""
        here = {"person": models.OuterRef("pk"), "email": models.OuterRef("email")}
        invitation = Invitation.objects.filter(**here).order_by("-at", "-pk")
        key = Concat(models.Value("person:"), Cast(models.OuterRef("pk"), models.CharField()))
        letter = OutgoingEmail.objects.filter(event=Invitation.LETTER, about=key, to=models.OuterRef("email"))
        newest = letter.order_by("-posted_at", "-pk")
        return self.annotate(
            invited_at=models.Subquery(invitation.values("at")[:1]),
            letter_state=models.Subquery(newest.values("state")[:1]),
            letter_reason=models.Subquery(newest.values("reason")[:1]),
        ).annotate(state=Person.State.by_facts())

    def in_state(self, state: str) -> "PersonQuerySet":
        """Those that are so far in, after `with_state`."""
        return self.filter(models.Q(("state", state)))

    def wanted(
        self, *, search: str = "", state: str = "", kind: str = "", area: int | None = None
    ) -> "PersonQuerySet":
        """Those of a name or post, a state (after `with_state`), and a role of today (in an area)."""
        found = self
        if search:
            found = found.filter(models.Q(name__icontains=search) | models.Q(post_title__icontains=search))
        if state:
            found = found.filter(models.Q(("state", state)))
        if kind or area:
            held = {name: value for name, value in (("kind", kind), ("area", area)) if value}
            found = found.filter(pk__in=Role.objects.on().filter(**held).values("person"))
        return found


class Person(models.Model):
    """A person; known by their post until a name is given."""

    class State(models.TextChoices):
        """How far somebody is in; worked out from the invitation and its letter, kept nowhere."""

        NO_ADDRESS = "no_address", _("No address yet")
        NOT_INVITED = "not_invited", _("Not invited")
        INVITED = "invited", _("Invited")
        BOUNCED = "bounced", _("Bounced")
        CAME_IN = "came_in", _("Came in")

        @classmethod
        def by_facts(cls) -> models.Case:
            """The state in SQL, over the facts of `with_state`."""
            invited = models.Q(invited_at__isnull=False)
            failed = models.Q(letter_state=OutgoingEmail.State.FAILED)
            return models.Case(
                models.When(user__last_login__isnull=False, then=models.Value(cls.CAME_IN)),
                models.When(email="", then=models.Value(cls.NO_ADDRESS)),
                models.When(invited & failed, then=models.Value(cls.BOUNCED)),
                models.When(invited, then=models.Value(cls.INVITED)),
                default=models.Value(cls.NOT_INVITED),
                output_field=models.CharField(),
            )

    name = models.CharField(_("name"), max_length=120, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    post_title = models.CharField(_("post"), max_length=200, blank=True)
    post_reference = models.CharField(max_length=40, blank=True, editable=False)
    # Given with the organisation's own list or by an administrator, never on a page of the PMO.
    office = models.CharField(max_length=10, choices=Appointment.Office, blank=True, editable=False)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, editable=False, related_name="person"
    )

    objects = PersonQuerySet.as_manager()

    class Meta:
        ordering = ["name", "post_title", "pk"]
        verbose_name_plural = "people"
        constraints = [
            models.UniqueConstraint(Lower("email"), condition=~models.Q(email=""), name="one_person_per_address"),
            models.UniqueConstraint(
                fields=["post_reference"], condition=~models.Q(post_reference=""), name="one_person_per_post"
            ),
            models.CheckConstraint(condition=~models.Q(name="", post_title=""), name="person_has_a_name_or_a_post"),
        ]

    def __str__(self) -> str:
        return self.name or self.post_title

    def get_absolute_url(self) -> str:
        """The person's page, for the PMO."""
        return reverse("people:person", kwargs={"pk": self.pk})

    @property
    def key(self) -> str:
        """The person's key in journal and audit."""
        return f"person:{self.pk}"


class RoleQuerySet(models.QuerySet["Role"]):
    def on(self, day: date | None = None) -> "RoleQuerySet":
        """The roles that hold on a day (today)."""
        day = day or today()
        return self.filter(models.Q(ends_on=None) | models.Q(ends_on__gte=day), starts_on__lte=day)

    def of_user(self, user: Any) -> "RoleQuerySet":
        """The roles of the person behind a user."""
        return self.filter(person__user=user) if user.is_authenticated else self.none()

    def signing(self, day: date | None = None) -> "RoleQuerySet":
        """The roles of a day whose people could sign: they speak for the area, have a way in, and are not the PMO."""
        return self.speaking(day).filter(person__user__is_active=True)

    def speaking(self, day: date | None = None) -> "RoleQuerySet":
        """Those of a day that speak for the area, with a way in or without; never the PMO or an administrator."""
        day = day or today()
        pmo = Appointment.objects.on(day).exclude(office=Appointment.Office.ISSUER).values("user")
        return self.on(day).answering().exclude(person__user__is_staff=True).exclude(person__user__in=pmo)

    def answering(self) -> "RoleQuerySet":
        """The roles that speak for the area: its head, and the deputy in their dates."""
        return self.filter(kind__in=[Role.Kind.HEAD, Role.Kind.DEPUTY])


class Role(models.Model):
    """What a person is to an area, from a day to a day."""

    class Kind(models.TextChoices):
        HEAD = "head", _("Head")
        DEPUTY = "deputy", _("Deputy head")
        ASSISTANT = "assistant", _("Assistant")
        SENIOR = "senior", _("Senior staff")
        SPONSOR = "sponsor", _("Sponsor")
        CUSTOMER = "customer", _("Customer")

    person = models.ForeignKey(Person, models.PROTECT, related_name="roles")
    area = models.ForeignKey(Area, models.PROTECT, related_name="roles")
    kind = models.CharField(_("role"), max_length=10, choices=Kind)
    starts_on = models.DateField(_("from"), default=timezone.localdate)
    ends_on = models.DateField(_("until"), null=True, blank=True)

    objects = RoleQuerySet.as_manager()

    class Meta:
        ordering = ["kind", "starts_on", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_on=None) | models.Q(ends_on__gte=models.F("starts_on")),
                name="role_ends_after_it_starts",
            ),
            models.UniqueConstraint(
                fields=["area"], condition=models.Q(kind="head", ends_on=None), name="one_head_at_a_time"
            ),
            models.UniqueConstraint(
                fields=["person", "area", "kind"], condition=models.Q(ends_on=None), name="one_role_of_a_kind"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person}, {self.get_kind_display()}, {self.area}"


class Invitation(models.Model):
    """A person was invited to an account of their own."""

    LETTER = "people/invited"  # as the post room knows it

    person = models.ForeignKey(Person, models.PROTECT, related_name="invitations")
    email = models.EmailField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    SEAL = Seal()

    class Meta:
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.person}, {self.at:%Y-%m-%d}"
