"""A letter as it goes out: frozen bytes, one state, and an attempt for each time it was handed over."""

import hashlib
from collections.abc import Iterator
from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from pmo_portal.common.models import Seal


class OutgoingEmailQuerySet(models.QuerySet["OutgoingEmail"]):
    def due(self, now: datetime) -> "OutgoingEmailQuerySet":
        """Those that may be handed over now: waiting, uncertain, or whose pause after a failure is over."""
        return self.filter(state__in=OutgoingEmail.State.open(), next_try_at__lte=now)

    def lease_over(self, now: datetime) -> "OutgoingEmailQuerySet":
        """Those in somebody's hands for longer than the lease: nobody knows whether they arrived."""
        return self.filter(state=OutgoingEmail.State.SENDING, lease_until__lt=now)

    def asking(self) -> "OutgoingEmailQuerySet":
        """Those that ask somebody for something and did not fail: two of them, and the PMO calls."""
        return self.filter(turn__isnull=False).exclude(state=OutgoingEmail.State.FAILED)

    def listable(self) -> "OutgoingEmailQuerySet":
        """Those that staff may look at; security mail only in the example organisation."""
        return self if settings.EXAMPLE else self.exclude(kind=OutgoingEmail.Kind.SECURITY)


class OutgoingEmail(models.Model):
    """One letter to one address. Its bytes never change after it was posted; only its state moves.

    An ACTION letter asks somebody for something, and so goes at most twice; a NOTICE only tells what has happened.
    """

    class Kind(models.TextChoices):
        DIGEST = "digest", _("Digest")
        ACTION = "action", _("Action needed")
        NOTICE = "notice", _("For information")
        SECURITY = "security", _("Sign-in")

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENDING = "sending", _("Being sent")
        SENT = "sent", _("Sent")
        RETRY = "retry_wait", _("Waits to try again")
        UNCERTAIN = "uncertain", _("Uncertain: goes again")
        FAILED = "failed", _("Failed")
        SKIPPED = "skipped", _("Not sent")

        @classmethod
        def open(cls) -> list["OutgoingEmail.State"]:
            """The states from which a letter can be taken for sending."""
            return [cls.WAITING, cls.RETRY, cls.UNCERTAIN]

    kind = models.CharField(max_length=10, choices=Kind)
    event = models.CharField(max_length=60, help_text="the letter's template, room/event")
    about = models.CharField(max_length=80, blank=True, help_text="key of what it is about")
    to = models.EmailField()
    # A letter that failed has asked nobody: its number is free again.
    turn = models.PositiveSmallIntegerField(
        null=True, help_text="which of the two letters that may ask this of this address it is"
    )
    subject = models.CharField(max_length=250)
    text = models.TextField()
    html = models.TextField(blank=True)
    raw = models.BinaryField(help_text="the message as it is handed over, byte for byte")
    message_id = models.CharField(max_length=200, unique=True)
    sha256 = models.CharField(max_length=64)
    posted_at = models.DateTimeField()

    state = models.CharField(max_length=12, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    uncertain_times = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(default=timezone.now)
    lease_until = models.DateTimeField(null=True)
    rung_at = models.DateTimeField(null=True, help_text="when a worker was last asked for it")
    sent_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=250, blank=True, help_text="why it failed or was not sent, in words")

    # Security mail is erased once it is out of our hands: nobody on the staff can read a code.
    SEAL = Seal(
        when="{row}.kind <> 'security'",
        open=("state", "attempts", "uncertain_times", "next_try_at", "lease_until", "rung_at", "sent_at", "reason"),
    )
    objects = OutgoingEmailQuerySet.as_manager()

    class Meta:
        ordering = ["-posted_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["event", "about", "to", "turn"],
                condition=~models.Q(state="failed"),
                name="asked_at_most_twice",
            ),
            models.CheckConstraint(
                condition=models.Q(turn=None) | models.Q(turn__gte=1, turn__lte=2), name="turn_is_one_or_two"
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_try_at"],
                name="outbox_open",
                condition=models.Q(state__in=["waiting", "retry_wait", "uncertain"]),
            ),
            models.Index(fields=["lease_until"], name="outbox_in_hand", condition=models.Q(state="sending")),
            models.Index(fields=["to", "posted_at"], name="outbox_to"),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.message_id}"

    @classmethod
    def untrue(cls) -> Iterator[str]:
        """Each kept letter whose bytes are not those that were posted, in words; see verify_audit."""
        for letter in cls.objects.exclude(kind=cls.Kind.SECURITY).only("raw", "sha256").iterator():
            if hashlib.sha256(bytes(letter.raw)).hexdigest() != letter.sha256:
                yield f"letter:{letter.pk}: its bytes are not those that were posted"


class Attempt(models.Model):
    """One time that a letter was taken for sending, written before it is handed over."""

    class Outcome(models.TextChoices):
        OPEN = "open", _("In hand")
        SENT = "sent", _("Taken by the mail server")
        REFUSED = "refused", _("Refused")
        UNCERTAIN = "uncertain", _("Nobody knows")

    email = models.ForeignKey(OutgoingEmail, models.PROTECT, related_name="tries")
    number = models.PositiveSmallIntegerField()
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.OPEN)
    reply = models.CharField(max_length=250, blank=True, help_text="what the mail server said")

    SEAL = Seal(when="{row}.outcome <> 'open'")

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["email", "number"], name="one_attempt_per_number")]

    def __str__(self) -> str:
        return f"{self.email_id} #{self.number} {self.outcome}"
