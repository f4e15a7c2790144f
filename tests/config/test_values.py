"""Notations: what is printed is read back as the same value."""

from __future__ import annotations

import tomllib
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.config.notation import written
from digest.config.values import format_duration, nearest, parse_duration, parse_mailbox

PLAIN = st.recursive(
    st.text(st.characters(exclude_categories=("Cs",))) | st.integers(-(2**63), 2**63 - 1) | st.booleans(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("aä-_. \"'\n", max_size=4), inner, max_size=4),
    max_leaves=10,
)


@given(st.integers(0, 10**9))
def test_a_duration_is_printed_as_it_is_read(seconds: int):
    duration = timedelta(seconds=seconds)
    assert parse_duration(format_duration(duration)) == duration
    assert parse_duration(seconds) == parse_duration(str(seconds)) == duration


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("30s", timedelta(seconds=30)),
        ("1h30m", timedelta(minutes=90)),
        ("2d", timedelta(days=2)),
        (" 90 ", timedelta(seconds=90)),
        ("0s", timedelta()),
    ],
)
def test_durations_are_written_as_people_say_them(text: str, duration: timedelta):
    assert parse_duration(text) == duration


@pytest.mark.parametrize("value", ["", "30x", "-1", -1, "30m1h", "1.5h", True, None, 1.5, [], "٣s", "9" * 5000])
def test_what_is_no_duration_is_refused(value: object):
    with pytest.raises(ValueError, match="expected a duration"):
        parse_duration(value)


@given(PLAIN)
def test_any_plain_value_is_written_as_toml_on_one_line(value: Any):
    line = f"key = {written(value)}"
    assert "\n" not in line
    assert tomllib.loads(line) == {"key": value}


def test_the_nearest_word_is_found_without_regard_to_case_and_never_far_away():
    assert nearest("europe/berln", ("Europe/Berlin", "Europe/Bern")) == "Europe/Berlin"
    assert nearest("colour", ("port", "host")) == ""


@pytest.mark.parametrize("text", ["jürgen@example.org", "Jürgen <jürgen@example.org>"])
def test_a_sender_that_needs_smtputf8_is_refused_for_every_mail_would_be(text: str) -> None:
    with pytest.raises(ValueError, match="plain ASCII"):
        parse_mailbox(text)
