from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import UsageError
from digest.model import Selection, SubscriberStatus
from digest.subscriptions import cells
from digest.subscriptions.entries import Pause


@given(st.text())
def test_a_clean_name_is_one_printable_line_and_stays_as_it_is(text: str):
    cleaned = cells.clean(text)
    assert cells.clean(cleaned) == cleaned
    assert len(cleaned.splitlines()) <= 1
    assert not set(cleaned) & set("\t\r\n\x00\x1b\u202e\u2066\u2028\x85\ud800")


def test_joiners_within_a_name_stay():
    assert cells.clean("👩\u200d🚀 Reader") == "👩\u200d🚀 Reader"


def test_words_become_values():
    entry = cells.entry(
        "Reader@Example.org",
        name=" First\n Reader ",
        status=" Active ",
        digests="weekly; daily",
        categories="General AI, work;;",
        language="pt_BR",
        timezone="Europe/Paris",
        every=" 2 ",
        paused="2025-12-24T08:00+01:00",
        known_digests=("daily", "weekly"),
    )
    assert entry.mailbox.address == "Reader@example.org"
    assert entry.name == "First Reader"
    assert entry.status is SubscriberStatus.ACTIVE
    assert entry.digests == {"daily", "weekly"}
    assert entry.selection == Selection(frozenset({"general-ai", "work"}))
    assert (entry.language, entry.timezone) == ("pt-BR", "Europe/Paris")
    assert (entry.every, entry.pause) == (2, Pause(datetime(2025, 12, 24, 7, tzinfo=UTC)))


def test_what_is_not_said_is_left_and_what_is_empty_is_the_default():
    said_nothing = cells.entry("reader@example.org")
    assert (said_nothing.every, said_nothing.pause) == (None, None)
    emptied = cells.entry("reader@example.org", every="", paused=" ")
    assert (emptied.every, emptied.pause) == (1, Pause(None))


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("2025-12-24", datetime(2025, 12, 24, tzinfo=UTC)),
        ("2025-12-24T08:00", datetime(2025, 12, 24, 8, tzinfo=UTC)),
        ("2025-12-24T08:00:00.000001Z", datetime(2025, 12, 24, 8, 0, 0, 1, tzinfo=UTC)),
    ],
)
def test_a_pause_ends_on_a_day_or_at_an_instant_in_utc_where_no_zone_is_named(said: str, meant: datetime):
    assert cells.entry("reader@example.org", paused=said).pause == Pause(meant)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"status": "activ"}, "unknown status 'activ'"),
        ({"timezone": "Europe/Pariss"}, "did you mean 'Europe/Paris'"),
        ({"timezone": "../../etc/passwd"}, "unknown time zone"),
        ({"digests": "weekley"}, "did you mean 'weekly'"),
        ({"language": "English please"}, "is not a language"),
        ({"name": "x" * 201}, "longer than 200"),
        ({"categories": "x;" * 2000}, "longer than 2000"),
        ({"categories": "!!!"}, "not the name of a category"),
        ({"every": "3"}, "'3' is not how often; one of: 1, 2, 4"),
        ({"every": "2 weeks"}, "is not how often"),
        ({"paused": "next year"}, "'next year' is not a day or an instant, such as 2025-12-24"),
        ({"paused": "2025-02-30"}, "is not a day"),
        ({"paused": "1970-01-01T00:00+00:01"}, "is not a day"),
        ({"paused": "0001-01-01T00:00+14:00"}, "is not a day"),
        ({"paused": "9999-12-31T23:59-14:00"}, "is not a day"),
    ],
)
def test_a_word_that_says_nothing_is_refused_with_what_would(words: dict[str, str], said: str):
    with pytest.raises(UsageError, match=said):
        cells.entry("reader@example.org", **words, known_digests=("weekly",))  # type: ignore[arg-type] - words only
