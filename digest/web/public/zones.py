"""The time zones to choose from: those that the tz database offers people (its ``zone.tab``), in the words of a language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from itertools import groupby
from zoneinfo import available_timezones

from babel import Locale
from babel.core import get_global

from digest.render import dates

# By region (``Europe``), the zones with the names of their cities: ("Europe/Rome", "Rom").
Zones = Mapping[str, tuple[tuple[str, str], ...]]


@cache
def zones(language: str) -> Zones:
    """Those of each region in the order of their cities, as this language writes them."""
    spoken = dates.locale(language)
    return {
        region: tuple(sorted(((name, _city(name, spoken)) for name in names), key=lambda zone: zone[1].casefold()))
        for region, names in groupby(_names(), lambda name: name.partition("/")[0])
    }


def offered(name: str) -> bool:
    return name in _names()


@cache
def _names() -> tuple[str, ...]:
    return tuple(sorted(available_timezones().intersection(_listed())))


def _listed() -> Iterator[str]:
    """The third column: the names for people to choose from, without those that are kept for old programs."""
    for line in (files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            yield line.split("\t")[2]


def _city(name: str, spoken: Locale) -> str:
    """The city that a zone is named for; some the locale data know by an older name of the zone."""
    for known in (name, *_older(name)):
        if city := spoken.time_zones.get(known, {}).get("city"):
            return str(city)
    return name.partition("/")[2].replace("_", " ")


def _older(name: str) -> list[str]:
    return [old for old, new in get_global("zone_aliases").items() if new == name]
