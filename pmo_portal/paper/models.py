"""A sheet: what is to be on paper, and the PDF that a worker made of it."""

from datetime import datetime, timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

# A worker that has held a sheet for longer is dead: the press itself ends long before (press.SECONDS).
HELD = timedelta(minutes=3)
# Nothing on a sheet is lost with it: whoever asks again gets it made again.
KEPT = timedelta(days=120)
MOST_TRIES = 2


class SheetQuerySet(models.QuerySet["Sheet"]):
    def wanted(self) -> "SheetQuerySet":
        """Those that wait for a worker."""
        return self.filter(state=Sheet.State.WANTED)

    def left(self, now: datetime) -> "SheetQuerySet":
        """Those whose worker is gone."""
        return self.filter(state=Sheet.State.MAKING, began_at__lt=now - HELD)

    def old(self, now: datetime) -> "SheetQuerySet":
        """Those that nobody needs to keep any more."""
        return self.filter(asked_at__lt=now - KEPT)


class Sheet(models.Model):
    """A document on its way to a PDF. The key is a hash of all that is on it: another look is another sheet."""

    class State(models.TextChoices):
        WANTED = "wanted", _("Wanted")
        MAKING = "making", _("Being made")
        MADE = "made", _("Made")
        FAILED = "failed", _("Failed")

    class Trouble(models.TextChoices):
        MISSING = "missing", _("This portal cannot make PDFs: a library is missing on its machine.")
        TOO_LONG = "too_long", _("It took too long, so it was given up.")
        TOO_LARGE = "too_large", _("It needed too much memory, so it was given up.")
        BROKEN = "broken", _("It could not be made.")

    key = models.CharField(max_length=64, unique=True)
    source = models.JSONField()
    state = models.CharField(max_length=10, choices=State, default=State.WANTED)
    trouble = models.CharField(max_length=10, choices=Trouble, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    asked_at = models.DateTimeField(default=timezone.now)
    began_at = models.DateTimeField(null=True)
    made_at = models.DateTimeField(null=True)
    pdf = models.BinaryField(null=True)

    objects = SheetQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state="made", pdf__isnull=False) | ~models.Q(state="made"), name="made_has_a_pdf"
            ),
            models.CheckConstraint(
                condition=~models.Q(state="failed") | ~models.Q(trouble=""), name="failed_for_a_reason"
            ),
        ]

    def __str__(self) -> str:
        return self.key[:12]

    @property
    def is_made(self) -> bool:
        """The PDF is there."""
        return self.state == self.State.MADE

    @property
    def is_coming(self) -> bool:
        """A worker makes it, or will."""
        return self.state in {self.State.WANTED, self.State.MAKING}
