"""Entries that are only ever added, and the links of the chain that is laid over them."""

import hashlib
import json

from django.conf import settings
from django.db import models

from pmo_portal.common.models import Seal


class Entry(models.Model):
    """One deed: by whom, in which way in, on what."""

    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    via = models.CharField(max_length=20, default="session")
    verb = models.CharField(max_length=60)
    subject = models.CharField(max_length=80)
    details = models.JSONField(default=dict)

    SEAL = Seal()

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["subject", "verb"], name="entries_by_subject")]
        verbose_name_plural = "entries"

    def __str__(self) -> str:
        return f"{self.verb} {self.subject}"

    def fingerprint(self, previous: str) -> str:
        """SHA-256 over this entry and the link before it."""
        content = json.dumps(
            [
                previous,
                self.pk,
                self.at.isoformat(),
                self.by_id,
                self.via,
                self.verb,
                self.subject,
                self.details,
            ],
            sort_keys=True,
            separators=(",", ":"),
        )
        return hashlib.sha256(content.encode()).hexdigest()


class Link(models.Model):
    """The place of an entry in the chain; changing any entry breaks every link after it."""

    entry = models.OneToOneField(Entry, models.PROTECT, related_name="link")
    previous = models.OneToOneField("self", models.PROTECT, null=True, related_name="next")
    hash = models.CharField(max_length=64)

    SEAL = Seal()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.entry_id} {self.hash[:12]}"
