"""An edition that an editor has had in hand: what their file says, and what it cannot say."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from digest.compose import Composition, Rules
from digest.model import Chosen, Curation, Selection
from tests.core.composed import END, NAME, article, chosen, composed, shape, verdict

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


def test_what_there_was_no_room_for_is_counted_behind_the_section_of_its_category():
    composition = curated(
        *(article(name, day=6 - day) for day, name in enumerate("abcdef")),
        article("again", title="Title a", day=6),
        article("draft", draft=True),
        article("art", category="Art"),
        rules=Rules(minimum=1, per_section=3, category_url="https://example.org/{category}"),
        sections=(section("Work", "b", "e", "a"), section("Picks", "art")),
    )
    work, picks = composition.edition.sections
    assert (work.more, work.more_url) == (2, "https://example.org/work")
    assert (picks.more, picks.more_url) == (0, "")


def test_what_an_editor_takes_out_is_not_told_of():
    files = [article(name, day=6 - day) for day, name in enumerate("abcd")]
    taken_out = curated(*files, sections=(section("Work", "b", "a"),))
    excluded = curated(*files, sections=(section("Work", "a", "b", "d"),), excluded=frozenset({"c.md"}))
    assert [section.more for made in (taken_out, excluded) for section in made.edition.sections] == [0, 0]


def test_articles_are_named_by_their_keys_too():
    feed = article("feed", path="", key="example.org/story")
    composition = curated(feed, sections=(Chosen("Work", ("example.org/story",)),))
    assert composition.edition.articles == (feed,)


@pytest.mark.parametrize(
    "fields",
    [
        {"day": -40},
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
        ({"hidden": True}, "hidden"),
        ({"expires": END}, "expired on 2025-12-08"),
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
    for name, reason in (("b", f"not in the list of {FILE}"), ("c", "draft")):
        told = verdict(composition, f"{name}.md")
        assert (told.reason, told.considered, told.edition) == (reason, False, "")
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


@pytest.mark.parametrize(
    ("categories", "found"),
    [
        (["picks"], {"Picks": ["ki", "art", "work"]}),
        (["ai"], {"Picks": ["ki"]}),
        (["ki"], {"Picks": ["ki"]}),
        (["art"], {"Picks": ["art"], "Art": ["art2", "sport"]}),
        (["sport"], {"Art": ["sport"]}),
        (["work", "sport"], {"Picks": ["work"], "Art": ["sport"]}),
        (["money"], {}),
    ],
)
def test_who_chose_a_category_gets_its_articles_wherever_they_stand_and_the_section_of_that_name(
    categories: list[str], found: dict[str, list[str]]
):
    composition = curated(
        article("ki", category="KI"), article("art", category="Art"), article("work"),
        article("art2", category="Art"), article("sport", category="Sport"),
        rules=Rules(aliases={"KI": "AI"}),
        sections=(section("Picks", "ki", "art", "work"), section("Work"), section("Art", "art2", "sport")),
    )  # fmt: skip
    assert chosen(composition, *categories) == found


def test_a_section_of_which_a_reader_gets_a_part_counts_nothing_that_is_not_theirs():
    composition = curated(
        article("a", day=2),
        article("b", day=1),
        article("art", category="Art"),
        rules=Rules(minimum=1, per_section=1),
        sections=(section("Work", "a", "art"),),
    )
    sections = [composition.edition.only(Selection(frozenset({wanted}))).sections for wanted in ("work", "art")]
    assert [section.more for [section] in sections] == [1, 0]


@pytest.mark.parametrize("url", ["", "https://example.org/c/{category}"])
@pytest.mark.parametrize("others", [("Art", "Sport", ""), ("Art", "Sport"), ("Art",), ("",)])
def test_an_untouched_list_is_the_edition_that_the_rules_make_also_what_is_put_together(
    others: tuple[str, ...], url: str
):
    articles = [article(f"{category}{day}", day=day, category=category) for category in others for day in range(2)]
    articles += [article(str(day), title=f"Tram {day}") for day in range(6)]
    rules = Rules(minimum=1, smallest=3, per_section=2, category_url=url)
    by_rules = composed(*articles, rules=rules).edition
    listed = tuple(Chosen(s.category, tuple(a.path for a in s.articles)) for s in by_rules.sections)
    assert curated(*articles, rules=rules, sections=listed).edition == by_rules


def test_what_would_be_out_anyway_keeps_the_reason_and_what_the_editor_took_out_is_left_out():
    articles = [article("a", source="x"), article("b", source="x"), article("c", source="x"), article("d")]
    again = article("again", source="x", title="Title a", excerpt="")
    composition = curated(
        *articles, again,
        rules=Rules(minimum=1, per_section=2, require=("source",)),
        sections=(section("Work", "c"),),
        excluded=frozenset({"a.md", "b.md", "d.md", "again.md"}),
    )  # fmt: skip
    assert {v.article.path: v.reason for v in composition.verdicts} == {
        "c.md": "Work, 1st of 1",
        "a.md": f"left out in {FILE}",
        "b.md": f"left out in {FILE}",
        "d.md": "has no source",
        "again.md": "same story as Title a (a.md)",
    }
    told = verdict(composition, "again.md")
    assert (told.like, told.score, told.considered) == (articles[0], 100, True)
    over = curated(
        *articles[:3],
        rules=Rules(minimum=1, per_section=2),
        sections=(section("Work", "a", "b"),),
        excluded=frozenset({"c.md"}),
    )
    assert (verdict(over, "c.md").reason, verdict(over, "c.md").considered) == ("over 2 in Work", True)


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
