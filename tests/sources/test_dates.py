"""What authors write as a date."""

from contextlib import suppress
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.sources.dates import instant

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2025-12-03", "2025-12-02T23:00"),
        ("2025-1-3", "2025-01-02T23:00"),
        ("2025/12/03", "2025-12-02T23:00"),
        ("2025-07-01", "2025-06-30T22:00"),
        ("2025-12-03 07:00", "2025-12-03T06:00"),
        ("2025-12-03T07:00", "2025-12-03T06:00"),
        ("2025-12-03 7:00:05", "2025-12-03T06:00:05"),
        ("2025-12-03T07:00:00Z", "2025-12-03T07:00"),
        ("2025-12-03t07:00:00.123z", "2025-12-03T07:00"),
        ("2025-12-03T07:00:00+0200", "2025-12-03T05:00"),
        ("2025-12-03 07:00:00 +02:00", "2025-12-03T05:00"),
        ("2025-12-03 07:00:00 -4", "2025-12-03T11:00"),
        ("2025-12-03 07:00 UTC", "2025-12-03T07:00"),
        ("  2025-12-03  ", "2025-12-02T23:00"),
        ("Wed, 03 Dec 2025 07:00:00 GMT", "2025-12-03T07:00"),
        ("Jul 08 2022", "2022-07-07T22:00"),
        ("December 3rd, 2025", "2025-12-02T23:00"),
        ("3 December 2025", "2025-12-02T23:00"),
    ],
)
def test_dates_are_read_as_their_author_meant_them(written: str, meant: str):
    assert instant(written, BERLIN) == datetime.fromisoformat(meant).replace(tzinfo=UTC)


def test_a_date_alone_is_the_start_of_that_day_even_where_midnight_does_not_exist():
    assert instant("2018-11-04", ZoneInfo("America/Sao_Paulo")) == datetime(2018, 11, 4, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        *(
            "2025-02-31",
            "2025-13-01",
            "2025-12-03 25:00",
            "2025-12-03T07:00+99",
            "0001-01-01",
            "9999-12-31",
            "0000-1-1",
        ),
        *("03/12/2025", "yesterday", "", "Last Modified", "20251203", "31 Foo 2025", "2025-12-03 in the morning"),
        "２０２５-12-03",
    ],
)
def test_a_date_that_cannot_be_meant_is_refused_in_words(written: str):
    with pytest.raises(ValueError, match="the date "):
        instant(written, BERLIN)


@given(st.text())
def test_no_text_is_worse_than_a_value_error(text: str):
    with suppress(ValueError):
        assert instant(text, BERLIN).tzinfo is UTC


@given(st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2200, 1, 1), timezones=st.timezones()))
def test_what_iso_writes_comes_back(when: datetime):
    whole = when.replace(microsecond=0, second=0)
    if whole.utcoffset().total_seconds() % 60 == 0:
        assert instant(whole.isoformat(), BERLIN) == whole.astimezone(UTC)
