"""Choosing: candidates, duplicates, sections, order, caps, and the reasons given."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from digest.compose import REQUIRABLE, Rules, Verdict
from digest.model import Image
from tests.core.composed import END, NAME, START, article, chosen, composed, shape, verdict

# --- who is a candidate --------------------------------------------------------------------------------------------


def test_an_edition_bears_its_name_number_title_and_words():
    edition = composed(article("a"), number=7, title="The week", intro="Hello").edition
    assert (edition.name, edition.number, edition.title, edition.intro) == (NAME, 7, "The week", "Hello")


def test_the_edges_of_a_period_are_half_open():
    composition = composed(
        article("first", day=0), article("last", published=END - timedelta(microseconds=1)), article("next", day=7)
    )
    assert shape(composition) == {"Work": ["last", "first"]}
    assert verdict(composition, "next.md").reason == "published 2025-12-08, after this period"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"draft": True}, "draft"),
        ({"day": -1}, "published 2025-11-30, before this period"),
        ({"day": 7.1}, "published 2025-12-08, after this period"),
        ({"published": datetime(2026, 1, 1, tzinfo=UTC)}, "dated in the future (2026-01-01)"),
        ({"source": ""}, "has no source"),
        ({"category": "sponsored"}, "category sponsored is excluded"),
        ({"category": "Promo"}, "category Promo is excluded"),
        ({"tags": ("news", "Ad")}, 'tag "Ad" is excluded'),
        ({"hidden": True}, "hidden"),
        ({"expires": END}, "expired on 2025-12-08"),
        ({"title": "Our ADVERTORIAL of the week"}, "title is excluded"),
        ({"source": "https://www.Ads.example.org/one"}, "source ads.example.org is excluded"),
        ({"url": "https://ads.example.org/one"}, "source ads.example.org is excluded"),
        ({"origin": "The Wire"}, "source the wire is excluded"),
        ({"language": "de-AT"}, "in another language (de-AT)"),
    ],
)
def test_an_article_that_stays_out_is_told_why_and_not_remembered(changes: dict[str, Any], reason: str):
    rules = Rules(
        require=("source",),
        exclude_categories=frozenset({"Sponsored"}),
        exclude_tags=frozenset({"ad"}),
        exclude_title="^sponsored|advertorial",
        exclude_sources=frozenset({"www.ads.example.org", "the wire"}),
        languages=("en-GB", "pt"),
        aliases={"Promo": "Sponsored"},
        minimum=0,
    )
    one = article("one", **{"source": "https://example.org/one", **changes})
    assert composed(one, rules=rules).verdicts == (Verdict(one, False, "", reason, False),)


@pytest.mark.parametrize("language", ["", "en", "EN_us", "pt-BR"])
def test_an_article_in_a_language_of_the_digest_or_in_none_that_is_told_is_taken(language: str):
    assert composed(article("one", language=language), rules=Rules(languages=("en-GB", "pt"), minimum=1)).enough


def test_an_article_that_expires_later_is_taken():
    assert composed(article("one", expires=END + timedelta(days=1))).enough


def test_an_article_that_came_later_than_it_may_is_told_so():
    late = article("late", day=-60, seen=START + timedelta(days=4))
    [told] = composed(late).verdicts
    assert told.reason == "published 2025-10-02, first seen 2025-12-05: later than `grace` allows"
    [old] = composed(article("old", day=-60, seen=START - timedelta(days=60))).verdicts
    assert old.reason == "published 2025-10-02, before this period"


@pytest.mark.parametrize("name", REQUIRABLE)
def test_every_field_that_can_be_required_is_looked_at(name: str):
    full = article(
        "full",
        source="https://example.org/full",
        url="https://example.com/full",
        excerpt="Words.",
        author="City desk",
        image=Image("https://example.org/full.jpg"),
        tags=("city",),
    )
    bare = replace(full, key="path:bare.md", path="bare.md", title="Bare", **{name: type(getattr(full, name))()})
    if name == "image":
        bare = replace(bare, image=None)
    composition = composed(full, bare, rules=Rules(require=(name,)))
    assert verdict(composition, "full.md").included
    assert verdict(composition, "bare.md").reason == f"has no {name}"


def test_dates_in_reasons_are_read_in_the_zone_of_the_digest():
    early = article("early", published=datetime(2025, 11, 30, 22, 30, tzinfo=UTC))
    [told] = composed(early, rules=Rules(zone=ZoneInfo("Asia/Kathmandu"))).verdicts
    assert told.reason == "published 2025-12-01, before this period"


def test_an_article_that_came_late_goes_into_the_next_edition():
    composition = composed(article("late", day=-2), since=START - timedelta(days=3))
    assert verdict(composition, "late.md").reason == "Work, 1st of 1, a late arrival"


def test_an_edited_or_renamed_article_is_not_repeated():
    placed = {"example.org/story": "weekly/2025-W48", "story.md": "weekly/2025-W48"}
    renamed = article("renamed", key="example.org/story")
    edited = article("story", key="example.org/other")
    composition = composed(renamed, edited, placed=placed)
    assert composition.edition.articles == ()
    for told in composition.verdicts:
        assert (told.reason, told.edition) == ("had its turn in edition weekly/2025-W48", "weekly/2025-W48")
        assert not told.considered


def test_an_article_without_a_path_is_known_by_its_key_alone():
    composition = composed(article("feed", path=""), placed={"": "weekly/2025-W48"})
    assert composition.enough


def test_the_earlier_edition_is_named_whatever_keeps_an_article_out():
    [told] = composed(article("old", day=-9), placed={"old.md": "weekly/2025-W47"}).verdicts
    assert (told.reason, told.edition) == ("published 2025-11-22, before this period", "weekly/2025-W47")


def test_fewer_articles_than_the_minimum_are_not_enough():
    assert not composed(article("a"), article("b"), rules=Rules(minimum=3)).enough
    assert composed(article("a"), article("b"), article("c"), rules=Rules(minimum=3)).enough
    assert not composed(rules=Rules(minimum=1)).enough


# --- sections and order --------------------------------------------------------------------------------------------


def test_sections_stand_as_ordered_then_by_size_then_by_name():
    named = ["Small", "Big", "Big", "Zoo", "Art", "First", "Second"]
    composition = composed(
        *(article(str(i), category=category) for i, category in enumerate(named)),
        rules=Rules(order=("first", "Nothing here", "SECOND"), per_section=1),
    )
    assert list(shape(composition)) == ["First", "Second", "Big", "Art", "Small", "Zoo"]


def test_pinned_articles_come_first_then_the_newest():
    composition = composed(
        article("old", day=1), article("new", day=3), article("same", day=3), article("pinned", day=0, pinned=True)
    )
    assert shape(composition) == {"Work": ["pinned", "new", "same", "old"]}


def test_spellings_of_a_category_are_one_section_under_the_commonest():
    spelled = ["general ai", "General AI", "General AI", "GENERAL-AI"]
    composition = composed(*(article(str(i), category=category) for i, category in enumerate(spelled)))
    [section] = composition.edition.sections
    assert (section.key, section.category, len(section.articles)) == ("general-ai", "General AI", 4)
    even = composed(article("a", category="work"), article("b", category="Work"))
    assert list(shape(even)) == ["Work"]


def test_aliases_join_categories_under_the_name_that_is_meant():
    composition = composed(
        article("a", category="artificial intelligence"),
        article("b", category="AI"),
        article("c", category="ai"),
        article("d", category="Sport"),
        rules=Rules(aliases={"Artificial Intelligence": "A.I.", "AI": "A.I."}, order=("ai",)),
    )
    assert shape(composition) == {"A.I.": ["a", "b", "c"], "Sport": ["d"]}


@pytest.mark.parametrize("category", ["", "   ", "!"])
def test_an_article_without_a_category_is_filed_under_the_rest(category: str):
    composition = composed(article("a", category=category), rules=Rules(uncategorised="Also"))
    assert [(s.key, s.category) for s in composition.edition.sections] == [("also", "Also")]


# --- sections that are too small -----------------------------------------------------------------------------------


def test_small_sections_are_put_together_at_the_end_and_their_readers_find_them():
    composition = composed(
        article("w1"), article("w2"), article("a", category="Art"), article("k", category="KI"), article("o", category=""),
        rules=Rules(smallest=2, aliases={"KI": "AI"}, category_url="https://example.org/c/{category}", minimum=1),
    )  # fmt: skip
    work, rest = composition.edition.sections
    assert (work.category, rest.category, rest.key) == ("Work", "Other", "other")
    assert {a.path for a in rest.articles} == {"a.md", "k.md", "o.md"}
    assert (work.more_url, rest.more_url) == ("https://example.org/c/work", "")
    for wanted, found in {"art": ["a"], "ai": ["k"], "ki": ["k"], "other": ["a", "k", "o"]}.items():
        assert chosen(composition, wanted) == {"Other": found}
    assert verdict(composition, "k.md").section == "Other"


def test_a_single_small_section_has_nothing_to_be_put_together_with():
    articles = [article("w1"), article("w2"), article("a", category="Art")]
    assert list(shape(composed(*articles, rules=Rules(smallest=2)))) == ["Work", "Art"]


def test_what_is_put_together_comes_last_unless_the_rules_name_it():
    articles = [article(str(i), category=str(i)) for i in range(5)] + [article("w1"), article("w2")]
    assert list(shape(composed(*articles, rules=Rules(smallest=2)))) == ["Work", "Other"]
    assert list(shape(composed(*articles, rules=Rules(smallest=2, order=("Other",))))) == ["Other", "Work"]


def test_articles_without_a_category_come_last_however_many_unless_the_rules_name_their_section():
    articles = [article(str(i), category="") for i in range(3)] + [article("w"), article("a", category="Art")]
    assert list(shape(composed(*articles))) == ["Art", "Work", "Other"]
    assert list(shape(composed(*articles, rules=Rules(minimum=1, order=("Other",))))) == ["Other", "Art", "Work"]


# --- what fits -----------------------------------------------------------------------------------------------------


def test_what_does_not_fit_is_counted_linked_and_remembered():
    rules = Rules(per_section=2, category_url="https://example.org/c/{category}")
    composition = composed(*(article(str(i), day=i, category="R & D/C++") for i in range(5)), rules=rules)
    [section] = composition.edition.sections
    assert (section.more, section.more_url) == (3, "https://example.org/c/r-d-c%2B%2B")
    assert [v.reason for v in composition.verdicts] == [
        *("R & D/C++, 1st of 2", "R & D/C++, 2nd of 2"),
        *["over 2 in R & D/C++"] * 3,
    ]
    assert all(v.considered for v in composition.verdicts)
    assert [v.edition for v in composition.verdicts] == [NAME, NAME, "", "", ""]


def test_without_a_pattern_there_is_no_link_to_the_rest():
    assert composed(article("a")).edition.sections[0].more_url == ""


def test_too_many_in_all_shortens_the_largest_section_and_of_equals_the_last():
    articles = [article(f"{c}{i}", day=i, category=c) for c, n in (("A", 4), ("B", 3), ("C", 3)) for i in range(n)]
    composition = composed(*articles, rules=Rules(maximum=7))
    assert {s.category: (len(s.articles), s.more) for s in composition.edition.sections} == {
        "A": (3, 1),
        "B": (2, 1),
        "C": (2, 1),
    }
    assert verdict(composition, "A0.md").reason == "over 7 in all"


def test_an_emptied_section_disappears_and_its_articles_say_why():
    composition = composed(*(article(c, category=c) for c in "ABC"), rules=Rules(maximum=2))
    assert list(shape(composition)) == ["A", "B"]
    told = verdict(composition, "C.md")
    assert (told.reason, told.included, told.considered) == ("over 2 in all", False, True)


def test_places_are_counted_as_people_count():
    rules = Rules(per_section=30, maximum=30)
    reasons = [v.reason for v in composed(*(article(str(i), day=i / 9) for i in range(23)), rules=rules).verdicts]
    assert reasons[0] == "Work, 1st of 23"
    assert [reasons[i].split()[1] for i in (1, 2, 3, 10, 11, 12, 20, 21, 22)] == (
        ["2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "22nd", "23rd"]
    )


def test_verdicts_stand_in_reading_order_then_the_newest_first():
    composition = composed(
        article("in", day=1), article("before", day=-3), article("after", day=8), article("draft", day=2, draft=True)
    )
    assert [v.article.path for v in composition.verdicts] == ["in.md", "after.md", "draft.md", "before.md"]
