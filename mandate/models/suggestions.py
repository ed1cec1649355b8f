"""Other words that the issuer would have, and what became of them."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from mandate.models.cells import Cell
from pmo_portal.common.models import Seal


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

    version = models.ForeignKey("mandate.MandateVersion", models.PROTECT, related_name="suggestions")
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
    led_to = models.ForeignKey(
        "mandate.MandateVersion", models.PROTECT, null=True, related_name="answered_suggestions"
    )

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
