"""The time zones to choose from: a list that one can read, wherever a zone is asked for."""

from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext_lazy

# A city for each hour of the clock and each part of the world where offices stand; one is found by looking, not by
# searching. Whose own zone is missing keeps it: the machine's and the stored one join the list.
ZONES: dict[Any, tuple[str, ...]] = {
    gettext_lazy("Europe"): (
        "London", "Dublin", "Lisbon", "Paris", "Madrid", "Berlin", "Amsterdam", "Brussels", "Rome", "Zurich",
        "Vienna", "Copenhagen", "Oslo", "Stockholm", "Warsaw", "Prague", "Budapest", "Athens", "Bucharest",
        "Helsinki", "Kyiv", "Istanbul", "Moscow",
    ),
    gettext_lazy("America"): (
        "St_Johns", "Halifax", "New_York", "Toronto", "Chicago", "Mexico_City", "Denver", "Phoenix", "Los_Angeles",
        "Vancouver", "Anchorage", "Bogota", "Lima", "Caracas", "Santiago", "Argentina/Buenos_Aires", "Sao_Paulo",
    ),
    gettext_lazy("Africa"): ("Casablanca", "Accra", "Lagos", "Cairo", "Johannesburg", "Nairobi"),
    gettext_lazy("Asia"): (
        "Jerusalem", "Riyadh", "Tehran", "Dubai", "Kabul", "Karachi", "Kolkata", "Kathmandu", "Dhaka", "Yangon",
        "Bangkok", "Jakarta", "Singapore", "Hong_Kong", "Shanghai", "Manila", "Taipei", "Seoul", "Tokyo",
    ),
    gettext_lazy("Australia"): ("Perth", "Adelaide", "Brisbane", "Sydney"),
    gettext_lazy("Pacific"): ("Auckland", "Fiji", "Honolulu"),
}  # fmt: skip
CONTINENTS = ("Europe", "America", "Africa", "Asia", "Australia", "Pacific")
USUAL = "Europe/London"


def zone_choices(*others: str) -> list[Any]:
    """The zones to choose from, by continent; `others` that are not among them come first."""
    groups = [
        (label, [(f"{continent}/{city}", _city(city)) for city in cities])
        for continent, (label, cities) in zip(CONTINENTS, ZONES.items(), strict=True)
    ]
    listed = {name for _label, zones in groups for name, _words in zones}
    more = [(name, name.replace("_", " ")) for name in dict.fromkeys(others) if name and name not in listed]
    return [*more, *groups]


def _city(name: str) -> str:
    return name.rpartition("/")[2].replace("_", " ")


@cache
def zone_of_machine(link: Path = Path("/etc/localtime")) -> str:
    """The zone that this machine is set to; London for a machine that keeps no place's time."""
    name = str(link.resolve()).rpartition("zoneinfo/")[2]
    is_place = name in available_timezones() and "/" in name and not name.startswith("Etc/")
    return name if is_place else USUAL


class ZoneField(forms.ChoiceField):
    """A time zone, chosen from a list that one can read."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(label=gettext_lazy("Time zone"), **kwargs)

    def offer(self, *others: str) -> None:
        """Offer the usual zones, and these."""
        self.choices = zone_choices(*others)
