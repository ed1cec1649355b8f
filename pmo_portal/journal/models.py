"""An event: something happened to a subject, and whom it may concern is told by its scope."""

from django.db import models

from pmo_portal.common.models import Seal


class EventQuerySet(models.QuerySet["Event"]):
    def of(self, *kinds: str) -> "EventQuerySet":
        """The events of these kinds."""
        return self.filter(kind__in=kinds)

    def in_scopes(self, scopes: list[str]) -> "EventQuerySet":
        """The events of these scopes."""
        return self.filter(scope__in=scopes)


class Event(models.Model):
    """One line of the journal. `subject` and `scope` are keys such as `agreement:12` and `area:3`."""

    kind = models.CharField(max_length=60)
    subject = models.CharField(max_length=80)
    scope = models.CharField(max_length=80)
    facts = models.JSONField(default=dict)
    at = models.DateTimeField()

    SEAL = Seal()
    objects = EventQuerySet.as_manager()

    class Meta:
        ordering = ["at", "pk"]
        indexes = [models.Index(fields=["scope", "at"]), models.Index(fields=["kind", "at"])]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"

    @property
    def subject_id(self) -> int:
        """The number in the subject's key."""
        return int(self.subject.partition(":")[2])
