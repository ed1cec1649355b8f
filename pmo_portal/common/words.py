"""Days and moments as people read them: absolute, named, in the viewer's zone."""

from datetime import date, datetime

from django.utils import timezone
from django.utils.formats import date_format


def day(value: date | datetime | str | None) -> str:
    """A day in words, from a date, a moment, or the ISO form that a journal's facts carry; empty for None."""
    if not value:
        return ""
    if isinstance(value, str):
        value = date.fromisoformat(value)
    return date_format(timezone.localtime(value) if isinstance(value, datetime) else value, "j F Y")


def clock(at: datetime) -> str:
    """The time of day of a moment, in the viewer's zone."""
    return date_format(timezone.localtime(at), "H:i")


def moment(at: datetime | None) -> str:
    """A moment in words, with the zone's name; empty for None."""
    if not at:
        return ""
    return f"{date_format(timezone.localtime(at), 'j F Y, H:i')} ({timezone.get_current_timezone_name()})"
