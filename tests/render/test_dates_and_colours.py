"""Days as readers write them, and shades that they can read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest import colour
from digest.model import Period
from digest.render import dates
from digest.render.view import NIGHT, PAPER

BERLIN = ZoneInfo("Europe/Berlin")


def week(start: str, days: int = 7, zone: ZoneInfo = BERLIN) -> Period:
    first = datetime.fromisoformat(start).replace(tzinfo=zone)
    return Period(first.astimezone(UTC), (first + timedelta(days=days)).astimezone(UTC), "x")


@pytest.mark.parametrize(
    ("start", "days", "language", "written"),
    [
        ("2025-12-01", 7, "en", "1–7 December 2025"),
        ("2025-11-24", 14, "en", "24 November – 7 December 2025"),
        ("2025-12-29", 7, "en", "29 December 2025 – 4 January 2026"),
        ("2025-12-05", 1, "en", "5 December 2025"),
        ("2025-12-01", 7, "en-US", "December 1 – 7, 2025"),
        ("2025-12-01", 7, "de", "1.–7. Dezember 2025"),
        ("2025-12-01", 7, "ja", "2025年12月1日～7日"),
        ("2025-03-24", 7, "en", "24–30 March 2025"),
        ("2025-12-01T06:00", 7, "en", "1–8 December 2025"),
    ],
)
def test_a_period_is_written_as_the_days_it_touches(start: str, days: int, language: str, written: str):
    span = dates.span(week(start, days), BERLIN, dates.locale(language))
    assert span.replace("\u2009", " ") == written


def test_an_article_belongs_to_the_day_of_the_sites_zone():
    late = datetime(2025, 12, 5, 23, 30, tzinfo=UTC)
    assert dates.day(late, ZoneInfo("UTC"), dates.locale("en")) == "5 Dec"
    assert dates.day(late, BERLIN, dates.locale("en")) == "6 Dec"
    assert dates.day(late, BERLIN, dates.locale("en-US")) == "Dec 6"


@pytest.mark.parametrize(
    ("zone", "language", "written"),
    [
        ("Europe/Berlin", "en", "2:00\u202fpm CET"),
        ("Europe/Berlin", "de", "14:00 MEZ"),
        ("Europe/Berlin", "fr", "14:00 CET"),  # there is none in French
        ("America/New_York", "fr", "08:00 HNE"),
        ("America/New_York", "de", "08:00 EST"),
        ("UTC", "de", "13:00 UTC"),
    ],
)
def test_an_hour_is_told_with_the_name_that_the_language_has_for_the_zone(zone: str, language: str, written: str):
    noon = datetime(2025, 12, 5, 13, tzinfo=UTC)
    assert dates.moment(noon, ZoneInfo(zone), dates.locale(language)).endswith(written)


@given(st.integers(min_value=0, max_value=0xFFFFFF), st.sampled_from([PAPER, NIGHT]))
def test_any_accent_has_a_shade_that_can_be_read(number: int, ground: str):
    accent = f"#{number:06x}"
    shade = colour.readable(accent, ground)
    assert colour.contrast(shade, ground) >= colour.ENOUGH
    if colour.contrast(accent, ground) >= colour.ENOUGH_IN_THE_DARK:
        assert shade == accent


def test_contrast_is_that_of_the_guidelines():
    assert colour.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert colour.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
