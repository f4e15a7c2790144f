"""Cadences and windows, right across changes of clocks."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from digest.errors import UsageError
from digest.model import Period
from digest.period import PUNCTUAL, Cadence, Clock, Missed, Unit, due, last_complete, next_send, parse, reach, send_time

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = (
    *("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC", "America/Sao_Paulo"),
    *("Africa/Casablanca", "America/Nuuk"),
)
WEEKLY = Cadence(Unit.WEEK, on=0, at=time(7), cutoff=time(0), zone=BERLIN)
DAILY = Cadence(Unit.DAY, on=0, at=time(7), cutoff=time(0), zone=BERLIN)
MONTHLY = Cadence(Unit.MONTH, on=1, at=time(7), cutoff=time(0), zone=BERLIN)
FOREVER = timedelta(days=1000)

# Half of all times lie where clocks change.
clock_times = st.times(max_value=time(23, 59)).map(lambda t: t.replace(second=0, microsecond=0)) | st.sampled_from(
    [time(0), time(0, 30), time(1, 59), time(2), time(2, 30), time(3), time(23), time(23, 30)]
)
instants = st.datetimes(
    min_value=datetime(1995, 1, 1), max_value=datetime(2034, 12, 31), timezones=st.just(UTC), allow_imaginary=False
)


@st.composite
def cadences(draw: st.DrawFn) -> Cadence:
    unit = draw(st.sampled_from(Unit))
    on = draw(st.integers(1, 31) if unit is Unit.MONTH else st.integers(0, 6))
    zone = ZoneInfo(draw(st.sampled_from(ZONES)))
    return Cadence(unit, on, draw(clock_times), draw(clock_times), zone, draw(st.sampled_from(Clock)))


def at(text: str, zone: ZoneInfo = BERLIN) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def following(cadence: Cadence, now: datetime, count: int) -> list[tuple[datetime, Period]]:
    """The next sends with the periods that are due at them."""
    found = []
    for _ in range(count):
        now = next_send(cadence, now)
        period = due(cadence, now, missed=Missed.SEND, latest=timedelta(0))
        assert period is not None
        found.append((now, period))
    return found


def test_a_week_on_monday_morning_runs_from_monday_to_monday_at_midnight():
    period = last_complete(WEEKLY, at("2025-10-06 00:00"))
    assert period == Period(at("2025-09-29"), at("2025-10-06"), "2025-W40")
    assert last_complete(WEEKLY, at("2025-10-05 23:59:59")).name == "2025-W39"
    assert send_time(WEEKLY, period) == at("2025-10-06 07:00")


def test_a_cutoff_after_the_send_time_is_the_day_before():
    noon = Cadence(Unit.WEEK, on=0, at=time(7), cutoff=time(12), zone=BERLIN)
    period = last_complete(noon, at("2025-10-06 07:00"))
    assert period == Period(at("2025-09-28 12:00"), at("2025-10-05 12:00"), "2025-W39")
    assert send_time(noon, period) == at("2025-10-06 07:00")


def test_a_week_at_the_turn_of_the_year_bears_the_iso_year():
    assert last_complete(WEEKLY, at("2026-01-05")).name == "2026-W01"
    assert last_complete(WEEKLY, at("2025-12-29")).name == "2025-W52"


def test_a_month_without_a_31st_is_sent_on_its_last_day():
    monthly = Cadence(Unit.MONTH, on=31, at=time(7), cutoff=time(0), zone=BERLIN)
    days = [send.astimezone(BERLIN).date().isoformat() for send, _ in following(monthly, at("2024-01-01"), 4)]
    assert days == ["2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30"]


def test_days_are_23_and_25_hours_long_where_clocks_change():
    lengths = {parse(day, DAILY).end - parse(day, DAILY).start for day in ("2025-03-30", "2025-10-26", "2025-10-27")}
    assert lengths == {timedelta(hours=23), timedelta(hours=25), timedelta(hours=24)}


def test_a_time_that_is_left_out_is_the_moment_of_the_change():
    daily = Cadence(Unit.DAY, on=0, at=time(2, 30), cutoff=time(2, 15), zone=BERLIN)
    [(send, period)] = following(daily, at("2025-03-29 12:00"), 1)
    assert send == period.end == at("2025-03-30 03:00")
    assert period.name == "2025-03-29"


def test_a_cutoff_that_is_left_out_neither_empties_nor_doubles_a_week():
    sunday = Cadence(Unit.WEEK, on=6, at=time(3), cutoff=time(2, 30), zone=BERLIN)
    sent = following(sunday, at("2025-03-17"), 3)
    assert [period.name for _, period in sent] == ["2025-W11", "2025-W12", "2025-W13"]
    assert [send for send, _ in sent] == [at("2025-03-23 03:00"), at("2025-03-30 03:00"), at("2025-04-06 03:00")]


def test_an_hour_that_comes_twice_is_sent_in_once():
    daily = Cadence(Unit.DAY, on=0, at=time(2, 30), cutoff=time(0), zone=BERLIN)
    first = next_send(daily, at("2025-10-25 12:00"))
    assert first == datetime(2025, 10, 26, 0, 30, tzinfo=UTC)
    assert next_send(daily, first) == at("2025-10-27 02:30")


def test_midnight_may_be_left_out():
    sao_paulo = ZoneInfo("America/Sao_Paulo")
    daily = Cadence(Unit.DAY, on=0, at=time(7), cutoff=time(0), zone=sao_paulo)
    assert parse("2018-11-04", daily).start == parse("2018-11-03", daily).end == datetime(2018, 11, 4, 3, tzinfo=UTC)


@given(cadences(), instants)
def test_periods_tile_time_and_end_before_they_are_sent(cadence: Cadence, now: datetime):
    sent = following(cadence, now, 14)
    for (_, period), (_, following_period) in pairwise(sent):
        assert period.start < period.end == following_period.start
        assert period.name < following_period.name
    for send, period in sent:
        assert period.end <= send < period.end + timedelta(days=1, hours=2)
        assert {period.start.tzinfo, period.end.tzinfo, send.tzinfo} == {UTC}
    assert [send for send, _ in sent] == sorted({send for send, _ in sent})


@given(cadences(), instants)
def test_a_period_is_found_by_its_name_and_by_its_ends(cadence: Cadence, now: datetime):
    period = last_complete(cadence, now)
    assert parse(period.name, cadence) == period
    assert parse(f"{period.start.isoformat()}/{period.end.isoformat()}", cadence) == period


@given(cadences(), instants, st.timedeltas(timedelta(seconds=1), timedelta(days=400)))
def test_a_window_of_any_length_keeps_its_name(cadence: Cadence, start: datetime, length: timedelta):
    period = parse(f"{start.isoformat()}/{(start + length).isoformat()}", cadence)
    assert (period.start, period.end) == (start, start + length)
    assert parse(period.name, cadence) == period


@given(cadences(), instants)
def test_the_last_complete_period_is_the_last(cadence: Cadence, now: datetime):
    period = last_complete(cadence, now)
    assert period.end <= now
    assert last_complete(cadence, period.end) == period
    assert last_complete(cadence, period.end - timedelta(microseconds=1)).end == period.start


@given(cadences(), instants)
def test_a_period_begins_on_the_day_it_is_named_by(cadence: Cadence, now: datetime):
    period = last_complete(cadence, now)
    local = period.start.astimezone(cadence.zone)
    assume(local.time() == cadence.cutoff)  # it is later where the cutoff was left out
    week = "{:04}-W{:02}".format(*local.isocalendar()[:2])
    assert period.name == {Unit.DAY: f"{local:%Y-%m-%d}", Unit.WEEK: week, Unit.MONTH: f"{local:%Y-%m}"}[cadence.unit]


@given(cadences(), instants, st.lists(st.timedeltas(timedelta(0), timedelta(days=80)), max_size=12))
def test_a_clock_that_stops_and_starts_makes_each_edition_once_and_in_order(
    cadence: Cadence, now: datetime, pauses: list[timedelta]
):
    made: list[Period] = []
    for pause in pauses:
        now += pause
        for _ in range(2):  # a second tick at the same moment makes nothing
            period = due(cadence, now, missed=Missed.SEND, latest=FOREVER)
            assert period is not None
            if period not in made:
                made.append(period)
        assert made[-1].end <= now
        assert next_send(cadence, now) > now
    assert all(earlier.end <= later.start for earlier, later in pairwise(made))


@given(cadences(), instants)
def test_nothing_is_missed_by_a_clock_that_wakes_at_every_send(cadence: Cadence, now: datetime):
    for send, period in following(cadence, now, 5):
        assert due(cadence, send - timedelta(microseconds=1), missed=Missed.SEND, latest=FOREVER) != period
        assert due(cadence, send + PUNCTUAL, missed=Missed.SKIP, latest=FOREVER) == period
        assert due(cadence, send + PUNCTUAL + timedelta(seconds=1), missed=Missed.SKIP, latest=FOREVER) is None


def test_what_was_missed_is_caught_up_until_it_is_too_old():
    latest = timedelta(days=2)
    on_time = at("2025-10-06 07:00")
    assert due(WEEKLY, on_time + latest, missed=Missed.SEND, latest=latest) == parse("2025-W40", WEEKLY)
    assert due(WEEKLY, on_time + latest + timedelta(seconds=1), missed=Missed.SEND, latest=latest) is None


@pytest.mark.parametrize(
    ("text", "cadence", "start", "end", "name"),
    [
        ("2025-W40", WEEKLY, "2025-09-29", "2025-10-06", "2025-W40"),
        (" 2025-w40 ", WEEKLY, "2025-09-29", "2025-10-06", "2025-W40"),
        ("2025-W40", DAILY, "2025-09-29", "2025-10-06", "2025-W40"),
        ("2025-10-01", WEEKLY, "2025-10-01", "2025-10-02", "2025-10-01"),
        ("2025-12", WEEKLY, "2025-12-01", "2026-01-01", "2025-12"),
        ("2025-02", MONTHLY, "2025-02-01", "2025-03-01", "2025-02"),
        ("2025-10-01/2025-10-08", WEEKLY, "2025-10-01", "2025-10-08", "2025-10-01/2025-10-08"),
        ("2025-09-29/2025-10-06", WEEKLY, "2025-09-29", "2025-10-06", "2025-W40"),
        ("2025-10-01T00:00/2025-10-08 00:00", WEEKLY, "2025-10-01", "2025-10-08", "2025-10-01/2025-10-08"),
        (
            "2025-10-01T12:00+00:00/2025-10-02T12:30:00Z",
            WEEKLY,
            "2025-10-01 14:00",
            "2025-10-02 14:30",
            "2025-10-01T12:00:00Z/2025-10-02T12:30:00Z",
        ),
    ],
)
def test_the_notations_of_a_period(text: str, cadence: Cadence, start: str, end: str, name: str):
    assert parse(text, cadence) == Period(at(start), at(end), name)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "last week",
            "2025",
            "2025-W54",
            "2025-W00",
            "2025-13",
            "2025-02-30",
            "2025-W4",
            "２０２５-10",
            "0001-01",
        ),
        *(
            "9999-12",
            "9999-W52",
            "0000-01",
            "2025-10-02/2025-10-01",
            "2025-10-01/2025-10-01",
            "2025-10-01/",
            "/",
            "a/b/c",
        ),
        *("0001-01-01T00:00+14:00/2025-10-01", "2025-10-01/9999-12-31"),
    ],
)
def test_what_is_no_period_is_refused_with_the_notations(text: str):
    with pytest.raises(UsageError) as refused:
        parse(text, MONTHLY)
    assert "is not a period" in refused.value.message
    assert "2025-W40" in refused.value.hint


@given(
    cadences(),
    st.text() | st.from_regex(r"[0-9]{4}-W?[0-9]{2}(-[0-9]{2})?(/[0-9]{4}-[0-9]{2}-[0-9]{2})?", fullmatch=True),
)
def test_whatever_is_written_is_a_period_or_refused(cadence: Cadence, text: str):
    try:
        period = parse(text, cadence)
    except UsageError:
        return
    assert period.start < period.end


def test_a_first_edition_looks_back_one_period_only():
    period = parse("2025-W40", WEEKLY)
    assert reach(period, first_start=None, previous_end=None, grace=timedelta(days=3), zone=BERLIN) == period.start


def test_the_next_edition_looks_for_what_came_late():
    first, second = parse("2025-W39", WEEKLY), parse("2025-W40", WEEKLY)
    assert reach(second, first_start=first.start, previous_end=first.end, grace=timedelta(days=3), zone=BERLIN) == at(
        "2025-09-26"
    )
    assert (
        reach(second, first_start=first.start, previous_end=first.end, grace=timedelta(days=30), zone=BERLIN)
        == first.start
    )


def test_an_edition_after_skipped_ones_looks_back_over_them():
    first, fourth = parse("2025-W37", WEEKLY), parse("2025-W40", WEEKLY)
    assert reach(fourth, first_start=first.start, previous_end=first.end, grace=timedelta(0), zone=BERLIN) == first.end


def test_a_period_before_the_first_edition_is_looked_at_as_it_is():
    older, first = parse("2025-W30", WEEKLY), parse("2025-W40", WEEKLY)
    since = reach(older, first_start=first.start, previous_end=first.end, grace=timedelta(days=3), zone=BERLIN)
    assert since == older.start


@pytest.mark.parametrize(("week", "start"), [("2025-W44", "2025-10-20 00:00"), ("2025-W14", "2025-03-24 00:00")])
def test_the_change_of_clocks_takes_no_day_from_those_that_come_late(week: str, start: str):
    period = parse(week, WEEKLY)
    since = reach(period, first_start=at("2025-01-06"), previous_end=period.start, grace=timedelta(days=7), zone=BERLIN)
    assert since == at(start)
