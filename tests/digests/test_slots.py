"""The calendar of a rhythm, over the zones of the world and many years."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stakeholders.digests.models import DigestPreference
from stakeholders.digests.reading.slots import Setting, due_slot, due_slots, next_slots

ZONES = sorted(zone for zone in available_timezones() if "/" in zone)
SETTINGS = st.builds(
    Setting,
    rhythm=st.sampled_from(["daily", "weekly", "monthly"]),
    weekday=st.integers(0, 4),
    hour=st.sampled_from(list(DigestPreference.HOURS)),
    zone=st.sampled_from(ZONES),
)
MOMENTS = st.integers(0, 9 * 365 * 24 * 60).map(lambda m: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=m))
MADRID = "Europe/Madrid"


def preference(since: datetime, rhythm: str = "weekly", **more: object) -> DigestPreference:
    return DigestPreference(rhythm=rhythm, since=since, **{"weekday": 0, "hour": 9, "zone": MADRID, **more})


@given(SETTINGS, MOMENTS)
@settings(max_examples=300, deadline=None)
def test_each_slot_is_at_the_hour_and_on_the_day_that_was_asked_for(setting, moment):
    for slot in next_slots(setting, moment, 12):
        local = slot.at.astimezone(ZoneInfo(setting.zone))
        assert (local.hour, local.minute) == (setting.hour, 0)
        assert local.weekday() < 5 if setting.rhythm == "daily" else local.weekday() == setting.weekday
        assert setting.rhythm != "monthly" or local.day <= 7


@given(SETTINGS, MOMENTS)
@settings(max_examples=300, deadline=None)
def test_the_next_slots_have_a_key_each_and_none_is_left_out(setting, moment):
    slots = next_slots(setting, moment, 14)
    assert len({slot.key for slot in slots}) == 14
    assert all(earlier.at < later.at for earlier, later in zip(slots, slots[1:], strict=False))
    days = [slot.at.astimezone(ZoneInfo(setting.zone)).date() for slot in slots]
    longest = {"daily": 3, "weekly": 7, "monthly": 35}[setting.rhythm]
    assert all((later - earlier).days <= longest for earlier, later in zip(days, days[1:], strict=False))


@given(SETTINGS, MOMENTS)
@settings(max_examples=300, deadline=None)
def test_what_is_shown_as_next_is_what_falls_due_and_nothing_between(setting, moment):
    upcoming = next_slots(setting, moment, 1)[0]
    assert due_slot(setting, upcoming.at) == upcoming
    before = due_slot(setting, upcoming.at - timedelta(seconds=1))
    assert before is not None
    assert before.at <= moment or before == due_slot(setting, moment)
    assert before.key != upcoming.key


@given(st.lists(st.tuples(SETTINGS, st.integers(1, 60 * 24 * 20)), min_size=2, max_size=8), MOMENTS)
@settings(max_examples=200, deadline=None)
def test_no_change_of_rhythm_zone_or_hour_brings_a_local_period_twice(changes, moment):
    planned, instants = [], []
    for setting, minutes in changes:
        chosen = DigestPreference(since=moment, **vars(setting))
        for _step in range(6):
            moment += timedelta(minutes=minutes)
            for slot in due_slots(chosen, moment, taken=planned):
                assert chosen.since <= slot.at <= moment
                planned.append(slot.key)
                instants.append(slot.at)
    assert len(planned) == len(set(planned))
    assert instants == sorted(instants)


def test_keys_are_of_the_local_calendar():
    moment = datetime(2026, 3, 27, 12, tzinfo=UTC)
    assert [s.key for s in next_slots(preference(moment), moment, 2)] == ["weekly:2026-W14", "weekly:2026-W15"]
    assert next_slots(preference(moment, "daily"), moment, 1)[0].key == "daily:2026-03-30"
    assert next_slots(preference(moment, "monthly"), moment, 1)[0].key == "monthly:2026-04"


def test_the_clock_change_keeps_the_hour():
    before, after = next_slots(preference(datetime(2026, 3, 20, tzinfo=UTC)), datetime(2026, 3, 20, tzinfo=UTC), 2)
    assert (before.at.hour, after.at.hour) == (8, 7)


def test_a_week_over_the_new_year_is_one_week():
    start = datetime(2026, 12, 27, tzinfo=UTC)
    assert [s.key for s in next_slots(preference(start, weekday=4), start, 2)] == [
        "weekly:2026-W53",
        "weekly:2027-W01",
    ]


def test_monthly_is_the_first_such_weekday():
    start = datetime(2026, 5, 1, tzinfo=UTC)
    slots = next_slots(preference(start, "monthly", weekday=4), start, 3)
    assert [s.at.date() for s in slots] == [date(2026, 5, 1), date(2026, 6, 5), date(2026, 7, 3)]


def test_after_an_outage_one_slot_is_due_and_not_seven():
    slots = due_slots(preference(datetime(2026, 1, 1, tzinfo=UTC)), datetime(2026, 2, 20, tzinfo=UTC))
    assert [slot.key for slot in slots] == ["weekly:2026-W08"]


def test_an_older_slot_is_never_taken_for_a_newer_one_that_is_planned():
    kept = preference(datetime(2026, 1, 1, tzinfo=UTC))
    assert due_slots(kept, datetime(2026, 2, 20, tzinfo=UTC), taken={"weekly:2026-W08"}) == []


def test_no_slot_is_from_before_the_choice():
    assert due_slots(preference(datetime(2026, 2, 16, 12, tzinfo=UTC)), datetime(2026, 2, 20, tzinfo=UTC)) == []


def test_who_left_has_no_slots():
    gone = preference(datetime(2026, 1, 1, tzinfo=UTC), "off")
    assert next_slots(gone, datetime(2026, 2, 20, tzinfo=UTC), 5) == []
    assert due_slots(gone, datetime(2026, 2, 20, tzinfo=UTC)) == []


def test_times_shown_leave_out_what_is_planned_already():
    moment = datetime(2026, 2, 16, 7, tzinfo=UTC)
    keys = [s.key for s in next_slots(preference(moment), moment, 2, taken={"weekly:2026-W08"})]
    assert keys == ["weekly:2026-W09", "weekly:2026-W10"]


@pytest.mark.parametrize("zone", ["Australia/Lord_Howe", "Antarctica/Troll", "America/Nuuk", "Africa/Casablanca"])
def test_odd_clock_changes_skip_and_double_nothing(zone):
    start = datetime(2026, 1, 1, tzinfo=UTC)
    for hour in DigestPreference.HOURS:
        slots = next_slots(preference(start, "daily", zone=zone, hour=hour), start, 520)
        assert len({slot.at for slot in slots}) == 520
        assert {slot.at.astimezone(ZoneInfo(zone)).hour for slot in slots} == {hour}
