"""The base of every form, drawn by crispy's filter inside the page's own form tag: all look and fail alike."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from django import forms
from django.core.validators import MaxLengthValidator
from django.db import models
from django.http import QueryDict
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from pmo_portal.common.compare import Kind, Piece, compare, one_side
from pmo_portal.common.errors import Overtaken
from pmo_portal.common.models import fingerprint_of
from pmo_portal.common.words import day

LONGEST_TEXT = 4000


class Portal:
    """What both kinds of form share: a limit on every text box."""

    required_css_class = "required"
    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if isinstance(field.widget, forms.Textarea) and isinstance(field, forms.CharField):
                field.max_length = field.max_length or LONGEST_TEXT
                field.validators.append(MaxLengthValidator(field.max_length))
                field.widget.attrs.setdefault("rows", 3)


class PortalForm(Portal, forms.Form):
    """A form of the portal."""


class PortalModelForm(Portal, forms.ModelForm):
    """A form of the portal over one row."""


@dataclass(frozen=True)
class Clash:
    """One field of a row that reads otherwise by now: both wordings, and what differs from theirs to mine."""

    name: str
    label: str
    theirs: str
    mine: str
    box: forms.BoundField | None

    @property
    def pieces(self) -> list[Piece]:
        """Theirs as taken out, mine as put in."""
        return compare(self.theirs, self.mine)

    @property
    def theirs_marked(self) -> list[Piece]:
        """Their wording, with what mine does not have."""
        return one_side(self.pieces, Kind.GONE)

    @property
    def mine_marked(self) -> list[Piece]:
        """My wording, with what theirs does not have."""
        return one_side(self.pieces, Kind.NEW)


class SharedModelForm(PortalModelForm):
    """A form over a row that several people write. It carries a fingerprint of the words it was opened with."""

    clashes: tuple[Clash, ...] = ()

    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    status = 422

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["seen"] = self.fingerprint(self.instance)

    def written(self) -> list[str]:
        """The names of the row's own fields that this form writes."""
        return [name for name in self.fields if name in {f.name for f in self.instance._meta.fields}]

    def fingerprint(self, row: models.Model) -> str:
        """A fingerprint of those fields of a row, as they stand."""
        return fingerprint_of(row, self.written()) if row.pk else ""

    def kept(self, verb: Callable[..., Any], by: Any) -> bool:
        """Save through a verb; False when somebody else saved the same words meanwhile, and the form says so."""
        try:
            verb(self.instance, by=by, fields=self.written(), seen=self.cleaned_data["seen"])
        except Overtaken:
            self.tell_overtaken()
            return False
        return True

    def tell_overtaken(self) -> None:
        """Somebody saved the same row meanwhile: show both wordings, and let the next save decide."""
        self.status = 409
        now = type(self.instance)._default_manager.get(pk=self.instance.pk)
        self.data = {**self.as_sent(), self.add_prefix("seen"): self.fingerprint(now)}
        self.add_error(None, _("Somebody else has saved this meanwhile. Nothing is lost: both wordings are here."))
        found = (self._clash(now, name) for name in self.written())
        self.clashes = tuple(clash for clash in found if clash.theirs != clash.mine and self.is_clash(clash))

    def as_sent(self) -> dict[str, Any]:
        """What was sent, one value a field."""
        return self.data.dict() if isinstance(self.data, QueryDict) else dict(self.data)

    def is_clash(self, clash: Clash) -> bool:
        """Whether it takes a person to decide about a field that reads otherwise by now."""
        return True

    def _clash(self, now: models.Model, name: str) -> Clash:
        field = self.fields.get(name)
        label = (field and field.label) or capfirst(now._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
        box = self[name] if field else None
        return Clash(name, str(label), shown(now, name), shown(self.instance, name), box)

    @property
    def boxes(self) -> list[forms.BoundField]:
        """The fields that read otherwise by now, to be written by hand."""
        return [clash.box for clash in self.clashes if clash.box]

    def sent(self) -> list[tuple[str, str]]:
        """All that was sent, to be sent again, with the fingerprint of the words that stand now."""
        return [(name, str(self.data[name])) for name in map(self.add_prefix, self.fields) if name in self.data]

    def beside(self) -> list[tuple[str, str]]:
        """What was sent of the fields that nobody else changed."""
        boxes = {box.html_name for box in self.boxes}
        return [(name, value) for name, value in self.sent() if name not in boxes]


class MergedModelForm(SharedModelForm):
    """A shared form in which two people may write different fields at once: only the same field is a conflict.

    `was` carries a mark of each field as the writer found it, so that it is known who changed what.
    """

    was = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["was"] = self.marks(self.instance)
        self.taken: dict[str, str] = {}
        self.only_mine: set[str] = set()

    def marks(self, row: models.Model) -> str:
        """A short mark of each field of a row, as it stands."""
        return " ".join(f"{name}:{_mark(row, name)}" for name in self.written()) if row.pk else ""

    def kept(self, verb: Callable[..., Any], by: Any) -> bool:
        """Save through a verb, together with what somebody else changed meanwhile in other fields (`taken`)."""
        try:
            verb(self.instance, by=by, fields=self.written(), seen=self.cleaned_data["seen"])
        except Overtaken:
            now = type(self.instance)._default_manager.get(pk=self.instance.pk)
            if not self.cleaned_data["was"] or self._take_over(now):
                self.tell_overtaken()
                return False
            self.cleaned_data["seen"] = self.fingerprint(now)
            return super().kept(verb, by)
        return True

    def _take_over(self, now: models.Model) -> set[str]:
        """Take what only the other one changed; returns what both did."""
        was = dict(mark.partition(":")[::2] for mark in self.cleaned_data["was"].split())
        mine, theirs = (
            {name for name in self.written() if _mark(row, name) != was.get(name)} for row in (self.instance, now)
        )
        for name in theirs - mine:
            value = getattr(now, name)
            setattr(self.instance, name, value)
            if name in self.fields:
                self.taken[self.add_prefix(name)] = str(self.fields[name].prepare_value(value) or "")
        self.data = {**self.as_sent(), **self.taken, self.add_prefix("was"): self.marks(now)}
        self.only_mine = mine - theirs
        return {name for name in mine & theirs if _mark(self.instance, name) != _mark(now, name)}

    def is_clash(self, clash: Clash) -> bool:
        """Both changed it."""
        return clash.name not in self.only_mine


def stands_as_found(row: models.Model, name: str, was: str) -> bool:
    """Whether a field reads as the writer found it, by the marks that came with the form; true where none came."""
    return not was or f"{name}:{_mark(row, name)}" in was.split()


def _mark(row: models.Model, name: str) -> str:
    return fingerprint_of(row, [name])[:12]


def shown(row: models.Model, name: str) -> str:
    """The value of a row's field as a person reads it."""
    if display := getattr(row, f"get_{name}_display", None):
        return str(display())
    value = getattr(row, name)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return day(value) if isinstance(value, date) else str(value or "").replace("\r\n", "\n")


class TimeField(forms.TimeField):
    """A time of the day, to the minute; the browser's own control."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"), **kwargs)


def moment_typed(day_: date, at: time) -> datetime:
    """The moment that somebody means who types a day and a time, by the clocks of their own zone.

    Raises ValidationError for a time that these clocks skip, or show twice, that night.
    """
    typed = datetime.combine(day_, at)
    first, second = (typed.replace(tzinfo=timezone.get_current_timezone(), fold=fold) for fold in (0, 1))
    shown = first.astimezone(UTC).astimezone(first.tzinfo).replace(tzinfo=None)
    words = {"time": f"{typed:%H:%M}", "other": f"{shown:%H:%M}", "day": day(day_)}
    if shown != typed:
        raise forms.ValidationError(
            _("On %(day)s the clocks go forward, and there is no %(time)s: choose %(other)s, or another time.")
            % words
        )
    if first.utcoffset() != second.utcoffset():
        raise forms.ValidationError(
            _("On %(day)s the clocks go back, and %(time)s comes twice: choose an earlier or a later time.") % words
        )
    return first


class DateField(forms.DateField):
    """A day, typed or picked; the browser's own control."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **kwargs)
