"""A need: what an area needs from the PMO, in its own words, for a period."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from stakeholders.areas.models import Area


class Need(models.Model):
    """What the area needs; confirmed by its head, a countersignature counts."""

    area = models.ForeignKey(Area, models.PROTECT, related_name="needs")
    text = models.TextField(_("you need"))
    period_from = models.DateField()
    period_to = models.DateField()
    confirmed_at = models.DateTimeField(null=True, editable=False)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+"
    )

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(period_to__gte=models.F("period_from")), name="need_period_in_order"
            ),
            models.CheckConstraint(
                condition=models.Q(confirmed_at=None, confirmed_by=None)
                | models.Q(confirmed_at__isnull=False, confirmed_by__isnull=False),
                name="need_confirmed_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return self.text
