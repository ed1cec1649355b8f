"""The calendar of a rhythm: which days it sends on, the key of each slot, and its instant. Pure.

A slot's key is of the person's own calendar (`weekly:2026-W13`); its instant follows by their zone. The page that
shows the next times and the tick that plans them ask here, both.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from stakeholders.digests.models import DigestPreference

Rhythm = DigestPreference.Rhythm
DAY = timedelta(days=1)


class HasRhythm(Protocol):
    """A preference, or the part of it that slots follow from."""

    @property
    def rhythm(self) -> str: ...
    @property
    def weekday(self) -> int: ...
    @property
    def hour(self) -> int: ...
    @property
    def zone(self) -> str: ...


@dataclass(frozen=True)
class Setting:
    """A rhythm that many people may share."""

    rhythm: str
    weekday: int
    hour: int
    zone: str


@dataclass(frozen=True)
class Slot:
    """One time to send: the key of the local calendar, and the instant in UTC."""

    key: str
    at: datetime


def sends_on(setting: HasRhythm, day: date) -> bool:
    """This local day has a slot: a weekday; the given weekday; the month's first given weekday."""
    if setting.rhythm == Rhythm.DAILY:
        return day.weekday() < 5
    if setting.rhythm == Rhythm.WEEKLY:
        return day.weekday() == setting.weekday
    return setting.rhythm == Rhythm.MONTHLY and day.weekday() == setting.weekday and day.day <= 7


def slot_on(setting: HasRhythm, day: date) -> Slot:
    """The slot of a local day: the same key for any hour, weekday or zone of the same local period."""
    week = day.isocalendar()
    key = {
        Rhythm.DAILY: f"daily:{day.isoformat()}",
        Rhythm.WEEKLY: f"weekly:{week.year}-W{week.week:02}",
        Rhythm.MONTHLY: f"monthly:{day.year}-{day.month:02}",
    }[Rhythm(setting.rhythm)]
    local = datetime(day.year, day.month, day.day, setting.hour, tzinfo=ZoneInfo(setting.zone))
    return Slot(key, local.astimezone(UTC))


def slots_from(setting: HasRhythm, moment: datetime, step: timedelta) -> Iterator[Slot]:
    """The slots of the days from a moment's local day on, forwards or backwards, without end."""
    day = moment.astimezone(ZoneInfo(setting.zone)).date()
    while setting.rhythm != Rhythm.OFF:
        if sends_on(setting, day):
            yield slot_on(setting, day)
        day += step


def next_slots(
    setting: HasRhythm, after: datetime, count: int, *, since: datetime | None = None, taken: Collection[str] = ()
) -> list[Slot]:
    """The next `count` slots after a moment, without those before `since` and those planned already."""
    found: list[Slot] = []
    for slot in slots_from(setting, after if since is None else max(after, since), DAY):
        if slot.at > after and (since is None or slot.at >= since) and slot.key not in taken:
            found.append(slot)
        if len(found) == count:
            break
    return found


def due_slot(setting: HasRhythm, now: datetime) -> Slot | None:
    """The newest slot whose time has come, and only that: after an outage one digest comes, not seven."""
    return next((slot for slot in slots_from(setting, now, -DAY) if slot.at <= now), None)


def due_slots(preference: DigestPreference, now: datetime, *, taken: Collection[str] = ()) -> list[Slot]:
    """What the tick would plan now for one person: the newest due slot, or nothing when it is planned already.

    An older one is never taken in its place, and none from before `since`.
    """
    slot = due_slot(preference, now)
    return [slot] if slot and slot.at >= preference.since and slot.key not in taken else []
