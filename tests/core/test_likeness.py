"""How alike two articles are."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.compose.likeness import features, likeness
from digest.model import Article
from tests.core.composed import START

EXCERPT = (
    "The bridge was built by two brothers, who never spoke to each other again after it had opened to the first tram."
)
OTHER = (
    "On Saturday anyone may climb down to the machines; bring a jacket, and leave your dog with the man at the gate."
)


def plainly(words: Iterable[str]) -> float:
    return sum(1 for _ in words)


def alike(one: str, other: str, excerpts: tuple[str, str] = ("", ""), sites: tuple[str, str] = ("a", "b")) -> int:
    first, second = (
        features(
            Article(key=title, title=title, published=START, excerpt=excerpt, source=f"https://{site}.example.org/x")
        )
        for title, excerpt, site in zip((one, other), excerpts, sites, strict=True)
    )
    return likeness(first, second, plainly)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The night ferry is back, and it runs on batteries", "The night ferry is back and it runs on batteries!"),
        (
            "The night ferry is back, and it runs on batteries",
            "Updated: The night ferry is back, and it runs on batteries",
        ),
        ("Why we organise the harbour festival again", "Why we organize the harbour festival again"),
        ("An e-mail to all who load the ships at night", "An email to all who load the ships at night"),
        (
            "夜のフェリーが戻り、電池で走るようになった北の港の話",
            "夜のフェリーが戻り電池で走るようになった北の港の話だ",
        ),
    ],
)
def test_titles_that_say_the_same_are_alike(one: str, other: str):
    assert alike(one, other) >= 90


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("What is new in the small harbour program 1.2", "What is new in the small harbour program 1.3"),
        ("What is new in the small harbour program 12.1", "What is new in the small harbour program 1.21"),
        ("What is new in the small harbour program", "What is new in the small harbour program 2"),
        ("How the town was built, part 1: the river", "How the town was built, part 2: the river"),
        ("How the town was built, part one: the river", "How the town was built, part two: the river"),
        ("How the town was built, part II: the river", "How the town was built, part III: the river"),
        ("The harbour in week 48, seen from the bridge", "The harbour in week 49, seen from the bridge"),
        ("What happens in the harbour on Monday evening", "What happens in the harbour on Tuesday evening"),
        ("Was am Hafen im März los ist und was es kostet", "Was am Hafen im Mai los ist und was es kostet"),
        ("The mayor says that the bridge will be closed", "The mayor says that the bridge will not be closed"),
        ("Der Rat stimmt der neuen Brücke im Norden zu", "Der Rat stimmt der neuen Brücke im Norden nie zu"),
        ("北の港の古い橋が九十年を迎え機関室を公開する第一部", "北の港の古い橋が九十年を迎え機関室を公開する第二部"),
    ],
)
def test_titles_that_differ_in_a_word_that_tells_are_never_alike(one: str, other: str):
    assert alike(one, other, (EXCERPT, EXCERPT)) == 0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Schools in the north: what to expect", "Roads in the north: what to expect"),
        ("Weather in Berlin for the coming days", "Weather in Hamburg for the coming days"),
        ("The harbour club beats the river club at last", "The river club beats the harbour club at last"),
        ("Intelligent cranes: a guide for all of us", "Cranes and tools: a guide for all of us"),
    ],
)
def test_one_word_in_the_place_of_another_makes_two_stories(one: str, other: str):
    assert alike(one, other) < 90


def test_the_same_excerpt_makes_up_for_a_reworded_title():
    one, other = "Old swing bridge turns ninety today", "Old swing bridge turns ninety, opens engine room"
    assert alike(one, other) < 80
    assert alike(one, other, (EXCERPT, OTHER)) == alike(one, other)
    assert alike(one, other, (EXCERPT, f"{EXCERPT} It")) >= 85


def test_a_short_title_is_alike_where_it_is_equal_and_the_excerpt_is_the_same():
    assert alike("Open day", "Open days") == 0
    assert alike("Open day", "Open day") == 80
    assert alike("Open day", "Open day", (EXCERPT, EXCERPT)) >= 90


def test_the_same_title_on_one_site_is_a_column_unless_the_excerpts_are_alike_too():
    title = "What we read in the harbour this week"
    assert alike(title, title) == 100
    assert alike(title, title, (EXCERPT, OTHER), ("a", "a")) < 70
    assert alike(title, title, (EXCERPT, EXCERPT), ("a", "a")) == 100


def test_only_equal_titles_are_wholly_alike():
    assert alike("The night ferry is back in town", "The night ferrys is back in town") == 99


titles = st.lists(
    st.sampled_from(["the", "old", "bridge", "ferry", "ferries", "3", "monday", "not", "橋", "港"]), max_size=12
)


@given(titles, titles, st.sampled_from([EXCERPT, OTHER, ""]), st.sampled_from([EXCERPT, ""]))
def test_likeness_goes_both_ways_and_stays_within_its_bounds(one: list[str], other: list[str], a: str, b: str):
    there = alike(" ".join(one), " ".join(other), (a, b))
    assert 0 <= there <= 100
    assert there == alike(" ".join(other), " ".join(one), (b, a))
    assert alike(" ".join(one), " ".join(one), (a, a)) in {0, 40, 50, 80, 93, 100}


@given(st.text(max_size=300), st.text(max_size=300))
def test_no_text_is_too_strange_to_be_compared(one: str, other: str):
    assert 0 <= alike(one, other, (other, one)) <= 100
