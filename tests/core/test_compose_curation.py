"""An edition that an editor has had in hand: what their file says, and what it cannot say."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from digest.compose import Composition, Rules
from digest.model import Chosen, Curation, Selection
from tests.core.composed import END, NAME, article, composed, shape, verdict

FILE = "editions/weekly-2025-W49.md"


def curated(
    *articles: Any, rules: Rules | None = None, placed: dict[str, str] | None = None, **says: Any
) -> Composition:
    curation = Curation(edition=NAME, file=FILE, **says)
    return composed(*articles, rules=rules or Rules(minimum=1), placed=placed or {}, curation=curation)


def section(category: str, *names: str) -> Chosen:
    return Chosen(category, tuple(f"{name}.md" for name in names))


# --- the editor's list -----------------------------------------------------------------------------------------------


def test_the_sections_of_the_file_are_the_edition_in_their_order_whatever_the_caps_say():
    composition = curated(
        *(article(name, day=day) for day, name in enumerate("abcd")),
        article("e", category="Art"),
        rules=Rules(per_section=1, maximum=2, order=("Work",)),
        sections=(section("Picks", "e", "a"), section("Work", "b", "d", "c")),
    )
    assert shape(composition) == {"Picks": ["e", "a"], "Work": ["b", "d", "c"]}
    assert [s.more for s in composition.edition.sections] == [0, 0]
    assert verdict(composition, "d.md").reason == "Work, 2nd of 3"


def test_what_the_file_does_not_list_is_counted_behind_the_section_of_its_category():
    composition = curated(
        *(article(name) for name in "abcde"),
        article("again", title="Title a"),
        article("draft", draft=True),
        article("art", category="Art"),
        rules=Rules(minimum=1, category_url="https://example.org/{category}"),
        sections=(section("Work", "b", "a"), section("Picks", "art")),
        excluded=frozenset({"c.md"}),
    )
    work, picks = composition.edition.sections
    assert (work.more, work.more_url) == (3, "https://example.org/work")
    assert (picks.more, picks.more_url) == (0, "")


def test_articles_are_named_by_their_keys_too():
    feed = article("feed", path="", key="example.org/story")
    composition = curated(feed, sections=(Chosen("Work", ("example.org/story",)),))
    assert composition.edition.articles == (feed,)


@pytest.mark.parametrize(
    "fields",
    [
        {"day": -40},
        {"hidden": True},
        {"expires": END},
        {"category": "Sponsored"},
        {"language": "de"},
        {"published": END + timedelta(hours=1)},
    ],
)
def test_what_the_rules_would_leave_out_is_taken_where_it_is_named(fields: dict[str, Any]):
    rules = Rules(require=("source",), exclude_categories=frozenset({"sponsored"}), languages=("en",))
    composition = curated(article("one", **fields), rules=rules, sections=(section("Work", "one"),))
    assert shape(composition) == {"Work": ["one"]}
    assert verdict(composition, "one.md").considered


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"draft": True}, "draft"),
        ({"published": END + timedelta(days=2)}, "dated in the future (2025-12-10)"),
        ({"key": "example.org/told"}, "had its turn in edition weekly/2025-W48"),
    ],
)
def test_what_cannot_be_in_an_edition_is_not_taken_and_told_why(fields: dict[str, Any], reason: str):
    composition = curated(
        article("one", **fields),
        article("two"),
        placed={"example.org/told": "weekly/2025-W48"},
        sections=(section("Gone", "one", "nowhere"), section("Work", "two")),
    )
    assert shape(composition) == {"Work": ["two"]}
    told = verdict(composition, "one.md")
    assert (told.reason, told.considered) == (reason, False)


def test_two_that_tell_the_same_story_are_both_taken_if_both_are_named():
    composition = curated(article("a", title="One"), article("b", title="One"), sections=(section("Work", "a", "b"),))
    assert shape(composition) == {"Work": ["a", "b"]}


def test_everything_else_is_out_and_may_come_in_a_later_edition():
    composition = curated(
        article("a"), article("b"), article("c", draft=True), article("d"),
        excluded=frozenset({"d.md"}), sections=(section("Work", "a"),),
    )  # fmt: skip
    for name in "bc":
        told = verdict(composition, f"{name}.md")
        assert (told.reason, told.considered, told.edition) == (f"not in the list of {FILE}", False, "")
    assert verdict(composition, "d.md").reason == f"left out in {FILE}"


def test_what_is_named_twice_stands_where_it_is_named_first_and_sections_of_one_name_are_one():
    composition = curated(
        article("a"), article("b"), article("c"),
        sections=(section("Work", "a"), section("Art", "a", "b"), section("WORK", "c")),
    )  # fmt: skip
    assert shape(composition) == {"Work": ["a", "c"], "Art": ["b"]}


def test_what_is_left_out_is_out_even_where_it_is_named():
    composition = curated(article("a"), article("b"), excluded=frozenset({"a.md"}), sections=(section("X", "a", "b"),))
    assert shape(composition) == {"X": ["b"]}


def test_one_article_is_enough_where_an_editor_listed_it_and_none_is_not():
    assert curated(article("a"), rules=Rules(minimum=3), sections=(section("Work", "a"),)).enough
    assert not curated(article("a"), rules=Rules(minimum=3), sections=(section("Work", "b"),)).enough


def test_a_category_without_a_section_of_its_own_is_found_where_its_articles_stand():
    edition = curated(
        article("a", category="KI"),
        article("b", category="Art"),
        article("c", category="Work"),
        rules=Rules(aliases={"KI": "AI"}),
        sections=(section("Picks", "a", "b", "c"), section("Work"), section("Art", "nowhere")),
    ).edition
    for wanted in ("picks", "ai", "ki", "art", "work"):
        assert [s.category for s in edition.only(Selection(frozenset({wanted}))).sections] == ["Picks"]
    apart = curated(
        article("a", category="Art"), article("b", category="Art"), sections=(section("X", "a"), section("Art", "b"))
    ).edition
    assert [s.key for s in apart.only(Selection(frozenset({"art"}))).sections] == ["art"]


def test_a_section_without_a_name_is_the_one_of_the_rest():
    [only] = curated(article("a"), sections=(section("", "a"),)).edition.sections
    assert (only.key, only.category) == ("other", "Other")


# --- over the rules --------------------------------------------------------------------------------------------------


def test_without_a_list_the_rules_choose_and_the_file_is_heard():
    composition = curated(
        article("a", day=3), article("b", day=1), article("c", day=2), article("d", category="Art"),
        rules=Rules(per_section=2, minimum=1, order=("Work",)),
        pinned=frozenset({"b.md"}), excluded=frozenset({"a.md"}), order=("Art",),
    )  # fmt: skip
    assert shape(composition) == {"Art": ["d"], "Work": ["b", "c"]}


def test_what_an_editor_leaves_out_is_in_no_later_edition_and_what_was_no_candidate_still_may_be():
    composition = curated(article("a"), article("b", day=8), excluded=frozenset({"a.md", "b.md"}))
    assert {v.reason for v in composition.verdicts} == {f"left out in {FILE}"}
    assert verdict(composition, "a.md").considered
    assert not verdict(composition, "b.md").considered


def test_what_is_left_out_keeps_no_other_from_telling_its_story():
    composition = curated(article("a", title="One"), article("b", title="One"), excluded=frozenset({"a.md"}))
    assert shape(composition) == {"Work": ["b"]}


# --- its words -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sections", [(), (section("Work", "a"),)])
def test_the_words_of_the_file_take_the_place_of_the_usual_ones(sections: tuple[Chosen, ...]):
    edition = curated(
        article("a"), sections=sections, subject="Trams!", preheader="And boats", intro="Dear all"
    ).edition
    assert (edition.subject, edition.preheader, edition.intro) == ("Trams!", "And boats", "Dear all")


def test_an_intro_that_is_not_in_the_file_stays():
    curation = Curation(edition=NAME, file=FILE)
    edition = composed(article("a"), intro="Hello", curation=curation).edition
    assert (edition.subject, edition.preheader, edition.intro) == ("", "", "Hello")


def test_a_section_is_called_as_the_editor_calls_it_and_found_as_it_is_meant():
    [only] = curated(article("a"), rules=Rules(aliases={"KI": "AI"}), sections=(section("ki", "a"),)).edition.sections
    assert (only.key, only.category) == ("ai", "ki")
