from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import UsageError
from digest.model import Selection, SubscriberStatus
from digest.subscriptions import cells


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
        known_digests=("daily", "weekly"),
    )
    assert entry.mailbox.address == "Reader@example.org"
    assert entry.name == "First Reader"
    assert entry.status is SubscriberStatus.ACTIVE
    assert entry.digests == {"daily", "weekly"}
    assert entry.selection == Selection(frozenset({"general-ai", "work"}))
    assert (entry.language, entry.timezone) == ("pt-BR", "Europe/Paris")


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
    ],
)
def test_a_word_that_says_nothing_is_refused_with_what_would(words: dict[str, str], said: str):
    with pytest.raises(UsageError, match=said):
        cells.entry("reader@example.org", **words, known_digests=("weekly",))  # type: ignore[arg-type] - words only
