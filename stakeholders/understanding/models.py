"""An acknowledgement: one person has read one version of the mandate, at one time."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from mandate.models import MandateVersion
from pmo_portal.common.models import Seal
from stakeholders.people.models import Person


class Acknowledgement(models.Model):
    """Read, and said so; a countersignature counts."""

    class How(models.TextChoices):
        PAGE = "page", _("on the mandate's page")
        COUNTERSIGNATURE = "countersignature", _("by countersigning an agreement")

    person = models.ForeignKey(Person, models.PROTECT, related_name="acknowledgements")
    version = models.ForeignKey(MandateVersion, models.PROTECT, related_name="+")
    how = models.CharField(max_length=20, choices=How)
    at = models.DateTimeField()

    SEAL = Seal()

    class Meta:
        ordering = ["-at"]
        constraints = [models.UniqueConstraint(fields=["person", "version"], name="one_acknowledgement_each")]

    def __str__(self) -> str:
        return f"{self.person}: {self.version}"
