"""The organisation that the portal serves, and the seal that keeps finished rows as they are."""

import hashlib
import json
import re
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from pmo_portal.common.errors import Overtaken, Stale

T = TypeVar("T")


@dataclass(frozen=True)
class Seal:
    """Tells the database which rows of a model may never change again; see common.checks.install.

    when      an SQL condition on the row ({row} stands for it) under which it is sealed; "" is always
    parent    (foreign key column, parent table, condition on the parent row {row}) that seals children
    open      columns that stay free although the row is sealed
    """

    when: str = ""
    parent: tuple[str, str, str] | None = None
    open: tuple[str, ...] = ()


def sha256_of(content: Any) -> str:
    """SHA-256 over the canonical JSON of a content: sorted keys, no spaces, UTF-8."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, cls=DjangoJSONEncoder)
    return hashlib.sha256(canonical.encode()).hexdigest()


def fingerprint_of(row: models.Model, fields: list[str]) -> str:
    """A fingerprint of some fields of a row: two savers who saw different words have different ones.

    Line ends are no difference: a form sends others than a script does.
    """
    return sha256_of([str(row.serializable_value(name) or "").replace("\r\n", "\n") for name in fields])


def refuse_overtaken(row: models.Model, fields: list[str], seen: str) -> None:
    """Refuse to write a row that is gone (Stale), or that says neither what was seen nor what is written (Overtaken).

    Call it under the lock of the verb. A new row is never overtaken; without `seen` only a row that is gone is.
    """
    if row.pk is None:
        return
    standing = type(row)._default_manager.filter(pk=row.pk).first()
    if standing is None:
        raise Stale(_("Somebody else has removed this meanwhile."))
    if seen and fingerprint_of(standing, fields) not in {seen, fingerprint_of(row, fields)}:
        raise Overtaken(_("Somebody else has saved this meanwhile."))


def today() -> date:
    """The day by the organisation's own calendar: rights begin and end by it, wherever the viewer sits."""
    return timezone.localdate(timezone=ZoneInfo(Organisation.current().time_zone))


_one_reading: ContextVar[dict[Hashable, Any] | None] = ContextVar("one_reading", default=None)


def once(key: Hashable, read: Callable[[], T]) -> T:
    """What `read` gives, read from the database once while `one_reading` lasts, and each time outside it."""
    kept = _one_reading.get()
    if kept is None:
        return read()
    if key not in kept:
        kept[key] = read()
    return kept[key]


@contextmanager
def one_reading() -> Iterator[None]:
    """While it lasts (one request), what nearly every part of a page asks for is read once: names and rights."""
    token = _one_reading.set({})
    try:
        yield
    finally:
        _one_reading.reset(token)


COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")
# What would end a header of a letter, or could not be seen.
CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")
# WCAG 2.2, 1.4.3 asks 4.5:1 of text; a little more, because the accent also stands on its own pale tint.
ENOUGH_CONTRAST = 5.0


def contrast_with_white(colour: str) -> float:
    """The contrast ratio of a colour (#rrggbb) with white, by WCAG 2.2: from 1 to 21."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)


def one_line(value: str) -> None:
    """A validator of names: they stand in headers of letters, which a line break would end."""
    if CONTROL.search(value):
        raise ValidationError(_("Write it in one line, without line breaks or other signs that cannot be seen."))


class Organisation(models.Model):
    """The one organisation of this installation: its names and who may read its mandate."""

    class Readers(models.TextChoices):
        CLOSED = "closed", _("People with a role, and the PMO")
        SIGNED_IN = "organisation", _("Everybody with a mailbox of the organisation")
        ANYONE = "anyone", _("Anyone with the address")

    name = models.CharField(_("organisation"), max_length=120)
    office_name = models.CharField(_("what the office is called"), max_length=120, default="PMO")
    mandate_readers = models.CharField(
        _("who may read the mandate"), max_length=20, choices=Readers, default=Readers.CLOSED
    )
    mail_domains = models.CharField(
        _("the organisation's mail domains"),
        max_length=500,
        blank=True,
        help_text=_(
            "Such as example.org, with a comma between several. Who has a mailbox there may come in to read."
        ),
    )
    time_zone = models.CharField(_("time zone"), max_length=64, default="Europe/London")
    sender_name = models.CharField(
        _("name that letters come from"), max_length=120, blank=True, help_text=_("Empty: what the office is called.")
    )
    reply_to = models.EmailField(
        _("where answers to letters go"),
        blank=True,
        help_text=_("Empty: to the person who sends the letter, else nowhere."),
    )
    footer = models.CharField(
        _("line at the foot of letters"),
        max_length=300,
        blank=True,
        help_text=_("For example an address, or where to turn with questions."),
    )
    accent = models.CharField(
        _("accent colour"),
        max_length=7,
        blank=True,
        help_text=_("Six digits behind #, such as #24429a. Empty: the portal's own ink blue."),
    )
    logo_digest = models.CharField(max_length=64, blank=True, editable=False)
    is_example = models.BooleanField(default=False, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(pk=1), name="one_organisation"),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """The zone is one that the system knows: every day and hour of the portal is told by it."""
        super().clean()
        self._refuse_line_breaks()
        if self.time_zone not in available_timezones():
            raise ValidationError({"time_zone": _("This is not the name of a time zone, such as Europe/London.")})
        self.mail_domains = ", ".join(self.domains())
        if wrong := [domain for domain in self.domains() if not DOMAIN.fullmatch(domain)]:
            raise ValidationError(
                {"mail_domains": _("“%(domain)s” is not a mail domain, such as example.org.") % {"domain": wrong[0]}}
            )
        if self.accent and not COLOUR.fullmatch(self.accent):
            raise ValidationError({"accent": _("Write it as # and six digits, such as #24429a.")})
        if self.accent and contrast_with_white(self.accent) < ENOUGH_CONTRAST:
            raise ValidationError({"accent": _("White words on it could not be read. Choose a darker one.")})

    def _refuse_line_breaks(self) -> None:
        wrong: dict[str, Any] = {}
        for field in ("name", "office_name", "sender_name", "footer"):
            try:
                one_line(getattr(self, field))
            except ValidationError as refusal:
                wrong[field] = refusal
        if wrong:
            raise ValidationError(wrong)

    def domains(self) -> list[str]:
        """The mail domains of the organisation, as they stand after the @."""
        return list(
            dict.fromkeys(part.lstrip("@") for part in re.split(r"[\s,;]+", self.mail_domains.lower()) if part)
        )

    def lets_in(self, address: str) -> bool:
        """Whether who owns this mailbox may come in to read although the PMO knows nothing of them."""
        is_open = self.mandate_readers != self.Readers.CLOSED
        return is_open and address.lower().rpartition("@")[2] in self.domains()

    @property
    def waits_for_a_domain(self) -> bool:
        """Everybody of the organisation may read, and no mail domain says who that is."""
        return self.mandate_readers == self.Readers.SIGNED_IN and not self.domains()

    @classmethod
    def current(cls) -> "Organisation":
        """The organisation as it stands; an unsaved one with plain names before anybody told any.

        Within `one_reading`, which wraps each request, it is read from the database once.
        """
        return once("organisation", cls.as_stored)

    @classmethod
    def as_stored(cls) -> "Organisation":
        """A row of one's own to change: the one of `current` is shared by all that reads in a request."""
        # In SQL, because each page asks for it: to put this question together takes Django longer than the answer.
        found = cls.objects.raw(f"SELECT * FROM {cls._meta.db_table} WHERE id = 1")  # noqa: S608 (no word of anybody's)
        return next(iter(found), None) or cls(pk=1, name=str(_("Your organisation")))


class Logo(models.Model):
    """The organisation's logo as the portal drew it: one row of its own, so that no page reads it with the names."""

    png = models.BinaryField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(pk=1), name="one_logo"),
        ]

    def __str__(self) -> str:
        return "logo"
