"""What authors write as a date, and the dates with which names of files and pages begin."""

from contextlib import suppress
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.sources.dates import doubtful, in_path, instant, is_readable, is_strange, undated

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
        ("3-Dec-2025", "2025-12-02T23:00"),
        ("12/24/2025", "2025-12-23T23:00"),
        ("24/12/2025", "2025-12-23T23:00"),
        ("03.12.2025", "2025-12-02T23:00"),
        ("2025年12月3日", "2025-12-02T23:00"),
        ("2025年12月", "2025-11-30T23:00"),
        ("20251203", "2025-12-02T23:00"),
        ("2025-12", "2025-11-30T23:00"),
        ("December 2025", "2025-11-30T23:00"),
        ("2025-12-03 7:00 pm", "2025-12-03T18:00"),
        ("2025-12-03 12:30 AM", "2025-12-02T23:30"),
        ("December 3, 2025 at 7:05 p.m. EST", "2025-12-04T00:05"),
        ("Wed, 3 Dec 2025 07:00:00 PDT", "2025-12-03T14:00"),
        ("Wed Dec 03 2025 07:00:00 GMT+0100 (CET)", "2025-12-03T06:00"),
        ("2025-12-03T07:00+01:00[Europe/Berlin]", "2025-12-03T06:00"),
        ("2025-12-03T00:30:00[Asia/Tokyo]", "2025-12-02T15:30"),
        ("2025-12-03T00:30[!Asia/Tokyo]", "2025-12-02T15:30"),
        ("2025-12-03T07:00Z[Asia/Tokyo]", "2025-12-03T07:00"),
        ("2025-12-03 07:00:00 +0000 UTC", "2025-12-03T07:00"),
        ("2025-12-03 07:00:00 +0200 CEST", "2025-12-03T05:00"),
        ("20251203T070000Z", "2025-12-03T07:00"),
        ("20251203T0700", "2025-12-03T06:00"),
        ("Tues, Sept. 2 2025", "2025-09-01T22:00"),
        ("1764741600", "2025-12-03T06:00"),
        ("1764741600000", "2025-12-03T06:00"),
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
        *("yesterday", "", "Last Modified", "31 Foo 2025", "2025-12-03 in the morning", "31/31/2025", "31.02.2025"),
        *("2025", "7", "123456789", "20251340", "2025-12-03 13:00 pm", "2025-W49", "2025-12-03/2025-12-04"),
        *("2025-12-03T07:00[Nowhere/Town]", "2025-12-03T07:00[America]", "2025-12-03T07:00[../x]"),
        *("5 marraskuu 2025", "Market 5 2025", "Juno 2025", "Decade 2025", "20251203T9900", "20251203T07000"),
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


@given(st.text(), st.sampled_from(["2025-12-03", "2025-12-03T07:00Z", "3 May 2025"]))
def test_what_can_be_read_is_what_does_not_raise(text: str, date: str):
    assert is_readable(date)
    with suppress(ValueError):
        instant(text, BERLIN)
        assert is_readable(text)


@pytest.mark.parametrize("year", [1404, 1447, 1899, 2201, 2568])
def test_a_year_of_another_calendar_is_strange(year: int):
    assert is_strange(datetime(year, 5, 1, tzinfo=UTC))
    assert not is_strange(datetime(2025, 5, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("written", "is_doubtful"),
    [
        ("03/12/2025", True),
        ("3-12-2025", True),
        ("03/03/2025", False),
        ("12/24/2025", False),
        ("24/12/2025", False),
        ("03.12.2025", False),
        ("2025-03-12", False),
    ],
)
def test_month_and_day_that_could_be_each_other_are_doubtful(written: str, *, is_doubtful: bool):
    assert doubtful(written) is is_doubtful


# Each way to write a day that leaves no doubt.
WAYS = (
    *("{0:%Y-%m-%d}", "{0.year}-{0.month}-{0.day}", "{0:%Y/%m/%d}", "{0:%Y.%m.%d}", "{0:%d.%m.%Y}", "{0:%Y%m%d}"),
    *("{0:%d %B %Y}", "{0:%b %d %Y}", "{0:%B %d, %Y}", "{0:%A}, {0.day}. {0:%B} {0.year}", "{0:%a, %d %b %Y}"),
    *("{0:%d-%b-%Y}", "{0.year}年{0.month}月{0.day}日"),
)
TIMES = (("{1:%H:%M:%S}", " "), ("{1:%H:%M:%S}", "T"), ("{1:%I:%M:%S %p}", " "), ("{1:%H:%M:%S}.123", ", "))
ZONES = (("", BERLIN), (" UTC", UTC), (" +0000", UTC))


@given(st.dates(date(1900, 1, 1), date(2200, 1, 1)), st.sampled_from(WAYS))
def test_any_day_in_any_form_is_read_back(day: date, way: str):
    assert instant(way.format(day), BERLIN) == datetime.combine(day, time(), BERLIN).astimezone(UTC)


@given(
    st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)),
    st.sampled_from(WAYS),
    st.sampled_from(TIMES),
    st.sampled_from(ZONES),
)
def test_any_time_in_any_form_is_read_back(
    when: datetime, way: str, clock: tuple[str, str], zone: tuple[str, ZoneInfo]
):
    written, separator = clock
    text = f"{way}{separator}{written}".format(when, when) + zone[0]
    assert instant(text, BERLIN) == when.replace(microsecond=0, tzinfo=zone[1]).astimezone(UTC)


@given(st.dates(date(1900, 1, 1), date(2200, 1, 1)))
def test_where_the_month_comes_first_it_is_read_first_unless_it_cannot_be_one(day: date):
    assert instant(f"{day:%m/%d/%Y}", BERLIN) == instant(f"{day:%Y-%m-%d}", BERLIN)
    if day.day > 12:
        assert instant(f"{day:%d/%m/%Y}", BERLIN) == instant(f"{day:%Y-%m-%d}", BERLIN)


@given(st.datetimes(datetime(1990, 1, 2), datetime(2200, 1, 1), timezones=st.just(UTC)))
def test_seconds_and_thousandths_since_1970_are_read_back(when: datetime):
    whole = when.replace(microsecond=0)
    assert instant(str(int(whole.timestamp())), BERLIN) == whole
    assert instant(str(int(whole.timestamp()) * 1000), BERLIN) == whole


# --- names ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "dated"),
    [
        ("2025-12-03-regatta", "2025-12-03"),
        ("2025_12_03_regatta", "2025-12-03"),
        ("2025.12.03 regatta", "2025-12-03"),
        ("20251203-regatta", "2025-12-03"),
        ("202512030700", "2025-12-03"),
        ("2025-12-03", "2025-12-03"),
        ("2025-1-3-regatta", "2025-1-3"),
        ("2025/12/03/regatta", "2025-12-03"),
        ("2025/12/03-regatta", "2025-12-03"),
        ("2025/1203-regatta/index", "2025-12-03"),
        ("2025-12-03-regatta/index", "2025-12-03"),
        ("2024/2025-12-03-regatta", "2025-12-03"),
        ("2025/12/2025-12-04-regatta", "2025-12-04"),
        ("/blog/2025/12/03/regatta.html", "2025-12-03"),
        ("regatta", ""),
        ("the-2025-12-03-regatta", ""),
        ("12025-12-03", ""),
        ("2025-12-031", ""),
        ("2025-13-03-regatta", "2025-13-03"),  # for its reader to refuse, in words
        ("release-1.97.0", ""),
        ("2025/12/regatta", ""),
    ],
)
def test_a_name_or_a_path_tells_the_date_it_begins_with(path: str, dated: str):
    assert in_path(path) == dated


@pytest.mark.parametrize(
    ("name", "rest"),
    [
        ("2025-12-03-regatta", "regatta"),
        ("2025_12_03_regatta", "regatta"),
        ("20251203-2nd-regatta", "2nd-regatta"),
        ("2025-12-03", "2025-12-03"),
        ("regatta-2025-12-03", "regatta-2025-12-03"),
        ("1984-in-books", "1984-in-books"),
    ],
)
def test_a_name_without_its_date_is_what_pages_are_called_by(name: str, rest: str):
    assert undated(name) == rest


@given(
    st.dates(date(1900, 1, 1), date(2099, 12, 31)),
    st.sampled_from(["%Y-%m-%d-", "%Y_%m_%d_", "%Y%m%d-", "%Y/%m/%d/", "%Y/%m%d-", "%Y-%m/%d-"]),
    st.from_regex(r"[a-z][a-z-]{0,20}", fullmatch=True),
    st.sampled_from(["", "news/", "1/"]),
)
def test_any_date_in_a_name_is_found_behind_any_folder(day: date, way: str, title: str, folder: str):
    assert in_path(f"{folder}{day:{way}}{title}") == f"{day:%Y-%m-%d}"


@given(st.text(alphabet="0123456789-_./T x", max_size=40))
def test_what_a_name_tells_can_always_be_judged(name: str):
    assert undated(name) or not name
    if dated := in_path(name):
        with suppress(ValueError):
            assert instant(dated, BERLIN)
