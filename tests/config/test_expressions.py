"""Regular expressions that someone has written: which are taken, and which may never come to an end."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.config.expressions import expression


@pytest.mark.parametrize(
    "written",
    [
        "^(Sponsored|Ad):",
        r"\b(sponsored|promoted|anzeige)\b",
        r"(?i)advert(isement)?s?",
        r"^\[(ad|pr)\]|.*sponsor.*|.*promo.*",
        r"part (\d{2}:)+",
        "[ab]+",
        "(?P<x>a)?(?(x)b|c)",
    ],
)
def test_an_expression_whose_work_is_bounded_is_taken(written: str):
    assert expression(written) == written


@pytest.mark.parametrize(
    "written",
    ["(a+)+$", "(a|aa)+$", "(a*)*", r"(\w+\s?)+!", "((a)|b){2,}", "(?=(a+)+)b", "(x{1,3}){30}", "(a?){30}a{30}"],
)
def test_an_expression_that_can_read_one_title_in_endless_ways_is_refused(written: str):
    with pytest.raises(ValueError, match="repeats what itself holds a repetition or a choice"):
        expression(written)


def test_an_expression_of_many_repetitions_is_refused():
    with pytest.raises(ValueError, match=r"has \* or \+ more than 3 times"):
        expression("a*a*a*a*$")


@given(st.text(alphabet="a()|*+?{}[]\\^$.1,:<>=!P", max_size=30))
def test_whatever_is_written_is_taken_or_refused(written: str):
    with contextlib.suppress(ValueError):
        assert expression(written) == written
