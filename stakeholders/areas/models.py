"""A business area and its place in the tree."""

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from pmo_portal.common.models import today


class AreaQuerySet(models.QuerySet["Area"]):
    def current(self, on: date | None = None) -> "AreaQuerySet":
        """The areas that exist on a day (today)."""
        day = on or today()
        return self.filter(models.Q(ends_on=None) | models.Q(ends_on__gte=day), starts_on__lte=day)

    def begin(self, *, name: str, starts_on: date | None = None, **facts: Any) -> "Area":
        """A new area, at an address made of its name, from a day on (today by the organisation's calendar)."""
        return self.create(name=name, slug=Area.free_slug(name), starts_on=starts_on or today(), **facts)


class Area(models.Model):
    """A part of the business that the PMO serves."""

    name = models.CharField(_("name"), max_length=120)
    slug = models.SlugField(max_length=80, unique=True, editable=False)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="parts")
    description = models.TextField(_("what this area does"), blank=True)
    starts_on = models.DateField(default=timezone.localdate)
    ends_on = models.DateField(null=True, blank=True)

    objects = AreaQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                Lower("name"), condition=models.Q(ends_on=None), name="one_current_area_per_name"
            ),
            models.CheckConstraint(
                condition=models.Q(ends_on=None) | models.Q(ends_on__gte=models.F("starts_on")),
                name="area_ends_after_it_starts",
            ),
            models.CheckConstraint(condition=~models.Q(parent=models.F("pk")), name="area_not_its_own_parent"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The area's page."""
        return reverse("areas:area", kwargs={"slug": self.slug})

    def clean(self) -> None:
        """A current area's name is its own, whatever its case; no area is a part of itself or of its own parts."""
        super().clean()
        if Area.objects.filter(name__iexact=self.name, ends_on=None).exclude(pk=self.pk).exists():
            raise ValidationError({"name": _("There is an area of this name already.")})
        above = self.parent
        while above:
            if above == self:
                raise ValidationError({"parent": _("This would make the area a part of itself.")})
            above = above.parent

    @property
    def is_current(self) -> bool:
        """It exists today."""
        return self.starts_on <= today() and (self.ends_on is None or self.ends_on >= today())

    @property
    def scope(self) -> str:
        """The area's key as a scope of the journal."""
        return f"area:{self.pk}"

    @classmethod
    def free_slug(cls, name: str) -> str:
        """An address for a new area: its name, with a number behind it where the name is taken."""
        stem = slugify(name)[:70] or "area"
        taken = {"add", "paste"} | set(cls.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
        slug, number = stem, 2
        while slug in taken:
            slug, number = f"{stem}-{number}", number + 1
        return slug
