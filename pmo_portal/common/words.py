"""Days and moments as people read them: absolute, named, in the viewer's zone."""

from collections.abc import Iterable
from datetime import date, datetime
from zoneinfo import ZoneInfo

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
    return moment_in(at, timezone.get_current_timezone_name()) if at else ""


def moment_in(at: datetime, zone: str) -> str:
    """A moment in words, as the clocks of a zone (its name) show it."""
    return f"{date_format(at.astimezone(ZoneInfo(zone)), 'j F Y, H:i')} ({zone.replace('_', ' ')})"


def moments(at: datetime, zones: Iterable[str]) -> list[str]:
    """One moment by the clocks of several zones, and by UTC; those that agree with one before are left out."""
    told: dict[object, str] = {}
    for zone in [*zones, "UTC"]:
        told.setdefault((zone == "UTC", at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)), moment_in(at, zone))
    return list(told.values())
