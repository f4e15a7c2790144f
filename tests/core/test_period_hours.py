"""When readers are due who get their mail at their own hour, or in a window: all over the world, across changes of clocks."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model import Period
from digest.period import SLICES_MAXIMUM, Cadence, Clock, Hours, Missed, Unit, due, hours, next_send, parse, send_time

BERLIN, AUCKLAND, NEW_YORK = (ZoneInfo(name) for name in ("Europe/Berlin", "Pacific/Auckland", "America/New_York"))
WEEKLY = Cadence(Unit.WEEK, on=0, at=time(7), cutoff=time(0), zone=BERLIN, by=Clock.SUBSCRIBER)
WINDOW = replace(WEEKLY, by=Clock.SITE, until=time(10))
LONG_AGO = datetime(1990, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

# The first clocks and the last, some that jump by half an hour, by two, at midnight, and one that lost a day in 2011.
ZONES = (
    *("Pacific/Kiritimati", "Etc/GMT+12", "Australia/Lord_Howe", "Antarctica/Troll", "America/Sao_Paulo"),
    *("Pacific/Apia", "Asia/Kathmandu", "Africa/Casablanca", "America/St_Johns", "Europe/Berlin", "America/Nuuk"),
)
zones = st.sampled_from(ZONES).map(ZoneInfo)
clock_times = st.times(max_value=time(23, 59)).map(lambda t: t.replace(second=0, microsecond=0)) | st.sampled_from(
    [time(0), time(0, 30), time(1, 59), time(2), time(2, 30), time(3), time(23), time(23, 30)]
)
instants = st.datetimes(min_value=datetime(1995, 2, 1), max_value=datetime(2034, 12, 31), timezones=st.just(UTC))


@st.composite
def cadences(draw: st.DrawFn, *, spread: bool = False) -> Cadence:
    unit = draw(st.sampled_from(Unit))
    on = draw(st.integers(1, 31) if unit is Unit.MONTH else st.integers(0, 6))
    at = draw(clock_times)
    until = draw(clock_times.filter(lambda until: until != at)) if spread else None
    by = draw(st.sampled_from(Clock)) if spread else Clock.SUBSCRIBER
    return Cadence(unit, on, at, draw(clock_times), draw(zones), by, until)


def at(text: str, zone: ZoneInfo = BERLIN) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def following(cadence: Cadence, now: datetime, count: int = 3) -> list[tuple[datetime, Period]]:
    """The next publishing moments with their periods."""
    found = []
    for _ in range(count):
        now = next_send(cadence, now)
        period = due(cadence, now, missed=Missed.SEND, latest=timedelta(0))
        assert period is not None
        found.append((now, period))
    return found


def of(cadence: Cadence, period: Period, frozen: datetime) -> Hours:
    found = hours(cadence, period, frozen)
    assert found is not None
    return found


# --- by the reader's own clock -------------------------------------------------------------------------------------


def test_seven_on_monday_is_seven_wherever_the_reader_lives():
    evening_before = replace(WEEKLY, cutoff=time(18))
    [(published, period)] = following(evening_before, at("2025-10-02"), 1)
    assert period.end == at("2025-10-05 18:00")
    assert published == datetime(2025, 10, 5, 17, tzinfo=UTC)  # seven on Monday in Kiritimati
    due_at = of(evening_before, period, published).of
    for zone in (AUCKLAND, BERLIN, NEW_YORK):
        assert due_at(zone) == (at("2025-10-06 07:00", zone),)
    assert due_at(None) == due_at(BERLIN)


def test_where_it_was_seven_before_the_period_ended_readers_are_due_at_once():
    [(published, period)] = following(WEEKLY, at("2025-10-02"), 1)
    assert published == period.end == at("2025-10-06 00:00")
    assert at("2025-10-06 07:00", AUCKLAND) < published
    assert of(WEEKLY, period, published).of(AUCKLAND) == (published,)
    assert of(WEEKLY, period, published).of(NEW_YORK) == (at("2025-10-06 07:00", NEW_YORK),)


def test_a_week_that_is_sent_on_thursday_is_due_at_once():
    thursday = at("2025-10-09 12:00")
    assert of(WEEKLY, parse("2025-W40", WEEKLY), thursday).of(NEW_YORK) == (thursday,)


def test_how_late_an_edition_may_leave_is_counted_from_when_it_was_to_be_published():
    published = at("2025-10-06 00:00")
    period = parse("2025-W40", WEEKLY)
    assert send_time(WEEKLY, period) == published
    late = timedelta(hours=3)
    assert due(WEEKLY, published + late, missed=Missed.SEND, latest=late) == period
    assert due(WEEKLY, published + late + timedelta(seconds=1), missed=Missed.SEND, latest=late) is None


def test_an_hour_that_is_left_out_and_one_that_comes_twice():
    daily = Cadence(Unit.DAY, on=0, at=time(2, 30), cutoff=time(0), zone=ZoneInfo("UTC"), by=Clock.SUBSCRIBER)
    for day, expected in (("2025-03-29", "2025-03-30T01:00+00:00"), ("2025-10-25", "2025-10-26T00:30+00:00")):
        assert of(daily, parse(day, daily), LONG_AGO).of(BERLIN) == (datetime.fromisoformat(expected),)


def test_on_a_day_that_a_zone_never_had_readers_are_due_when_the_next_begins():
    daily = Cadence(Unit.DAY, on=0, at=time(7), cutoff=time(0), zone=ZoneInfo("UTC"), by=Clock.SUBSCRIBER)
    apia = ZoneInfo("Pacific/Apia")
    assert Hours(daily, date(2011, 12, 30), LONG_AGO).of(apia) == (at("2011-12-31", apia),)


@given(cadences(), instants, zones, st.timedeltas(timedelta(0), timedelta(days=3)))
def test_each_reader_is_due_when_their_own_clock_first_shows_the_hour_unless_that_had_passed(
    cadence: Cadence, now: datetime, zone: ZoneInfo, late: timedelta
):
    for published, period in following(cadence, now):
        found = of(cadence, period, published + late)
        [moment] = found.of(zone)
        wanted = datetime.combine(found.day, cadence.at)
        shown = moment.astimezone(zone)
        assert moment >= published + late >= period.end
        if moment > published + late:
            before = (moment - timedelta(seconds=1)).astimezone(zone)
            assert before.replace(tzinfo=None) < wanted <= shown.replace(tzinfo=None)
            assert not shown.fold
        else:
            assert shown.replace(tzinfo=None) >= wanted or shown.fold


@given(cadences(), instants, zones)
def test_an_edition_is_published_no_later_than_anybody_s_hour_unless_its_period_was_not_over(
    cadence: Cadence, now: datetime, zone: ZoneInfo
):
    for published, period in following(cadence, now):
        [moment] = of(cadence, period, LONG_AGO).of(zone)
        assert published == period.end or published <= moment
        assert published <= send_time(replace(cadence, by=Clock.SITE), period)


# --- in a window ---------------------------------------------------------------------------------------------------


def test_a_window_has_a_slice_for_each_minute():
    monday = of(WINDOW, parse("2025-W40", WINDOW), LONG_AGO)
    assert monday.of(None) == tuple(at("2025-10-06 07:00") + n * MINUTE for n in range(180))
    assert monday.of(AUCKLAND) == monday.of(None)
    own = of(replace(WINDOW, by=Clock.SUBSCRIBER), parse("2025-W40", WINDOW), LONG_AGO)
    assert own.of(AUCKLAND)[-1] == at("2025-10-06 09:59", AUCKLAND)


def test_a_window_may_cross_midnight():
    night = replace(WINDOW, at=time(22), until=time(1))
    moments = of(night, parse("2025-W40", night), LONG_AGO).of(None)
    assert (len(moments), moments[0], moments[-1]) == (180, at("2025-10-06 22:00"), at("2025-10-07 00:59"))


def test_a_long_window_has_no_more_slices_than_it_may():
    day = replace(WINDOW, until=time(6, 59))
    moments = of(day, parse("2025-W40", day), LONG_AGO).of(None)
    assert len(moments) == SLICES_MAXIMUM
    assert {later - earlier for earlier, later in pairwise(moments)} == {timedelta(days=1, minutes=-1) / SLICES_MAXIMUM}


@pytest.mark.parametrize(("day", "length"), [("2025-03-29", 1), ("2025-10-25", 3), ("2025-10-26", 2)])
def test_a_window_in_which_clocks_change_is_spread_evenly_over_the_time_that_it_has(day: str, length: int):
    night = Cadence(Unit.DAY, on=0, at=time(1, 30), cutoff=time(0), zone=BERLIN, until=time(3, 30))
    moments = of(night, parse(day, night), LONG_AGO).of(None)
    assert {later - earlier for earlier, later in pairwise(moments)} == {timedelta(hours=length) / 120}


def test_who_publishes_in_the_middle_of_a_window_keeps_what_is_left_of_it():
    nine = at("2025-10-06 09:00")
    moments = of(WINDOW, parse("2025-W40", WINDOW), nine).of(None)
    assert moments == (*[nine] * 120, *(nine + n * MINUTE for n in range(60)))


@given(cadences(spread=True), instants, zones)
def test_every_slice_lies_in_the_window_and_they_are_evenly_spread(cadence: Cadence, now: datetime, zone: ZoneInfo):
    clocks = zone if cadence.by is Clock.SUBSCRIBER else cadence.zone
    for published, period in following(cadence, now):
        found = of(cadence, period, published)
        moments = found.of(zone)
        assert 1 <= len(moments) == found.slices <= SLICES_MAXIMUM
        assert list(moments) == sorted(moments)
        assert moments[0] >= published >= period.end
        assert cadence.until is not None
        closing = datetime.combine(found.day + timedelta(days=cadence.until < cadence.at), cadence.until)
        for moment in moments:  # an hour that comes twice has passed once it has come
            shown = moment.astimezone(clocks)
            assert shown.replace(tzinfo=None) < closing or shown.fold or moment == published or len(set(moments)) == 1
        steps = {later - earlier for earlier, later in pairwise(m for m in moments if m > published)}
        assert max(steps, default=timedelta(0)) - min(steps, default=timedelta(0)) <= timedelta(microseconds=2)


@given(cadences(spread=True), instants, zones, st.integers(0, 10_000))
def test_what_one_reader_gets_comes_in_order(cadence: Cadence, now: datetime, zone: ZoneInfo, reader: int):
    got = [of(cadence, period, published).of(zone) for published, period in following(cadence, now, 6)]
    mine = [moments[reader % len(moments)] for moments in got]
    assert mine == sorted(mine)


# --- at once -------------------------------------------------------------------------------------------------------


def test_with_neither_clock_nor_window_everybody_is_due_at_once():
    assert hours(replace(WEEKLY, by=Clock.SITE), parse("2025-W40", WEEKLY), LONG_AGO) is None


@pytest.mark.parametrize("cadence", [WEEKLY, WINDOW])
def test_a_window_of_articles_that_is_not_the_cadence_s_own_is_due_at_once(cadence: Cadence):
    assert hours(cadence, parse("2025-10-01/2025-10-03", cadence), LONG_AGO) is None
    assert hours(cadence, parse("2025-09", cadence), LONG_AGO) is None
