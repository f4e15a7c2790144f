"""Choosing: candidates, duplicates, sections, order, caps, and the reasons given."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.compose import REQUIRABLE, Composition, Rules, Verdict, compose
from digest.identity import canonical_url, category_key
from digest.model import Article, Image, Period
from digest.period import Cadence, Unit, last_complete, next_send, reach

START = datetime(2025, 12, 1, tzinfo=UTC)
END = datetime(2025, 12, 8, tzinfo=UTC)
WEEK = Period(START, END, "2025-W49")
NAME = "weekly/2025-W49"
PLAIN = Rules(minimum=1)


def article(name: str, *, day: float = 1, **fields: Any) -> Article:
    """An article of its own, ``day`` days after the week began."""
    facts = {"key": f"path:{name}.md", "path": f"{name}.md", "title": f"Title {name}", "category": "Work"}
    return Article(**{**facts, "published": START + timedelta(days=day), **fields})


def composed(*articles: Article, rules: Rules = PLAIN, **changes: Any) -> Composition:
    facts = {"digest": "weekly", "title": "Weekly", "number": 1, "period": WEEK, "since": START, "placed": {}}
    return compose(articles, **{**facts, "rules": rules, "now": END + timedelta(hours=7), **changes})


def verdict(composition: Composition, path: str) -> Verdict:
    [found] = [verdict for verdict in composition.verdicts if verdict.article.path == path]
    return found


def shape(composition: Composition) -> dict[str, list[str]]:
    return {s.category: [a.path.removesuffix(".md") for a in s.articles] for s in composition.edition.sections}


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
    ],
)
def test_an_article_that_stays_out_is_told_why_and_not_remembered(changes: dict[str, Any], reason: str):
    rules = Rules(
        require=("source",),
        exclude_categories=frozenset({"Sponsored"}),
        exclude_tags=frozenset({"ad"}),
        aliases={"Promo": "Sponsored"},
        minimum=0,
    )
    one = article("one", **{"source": "https://example.org/one", **changes})
    assert composed(one, rules=rules).verdicts == (Verdict(one, False, "", reason, False),)


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


# --- the same story ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"key": "example.org/story"}, {"key": "example.org/story"}),
        ({"source": "https://www.example.org/s/?utm_source=a"}, {"source": "http://example.org/s#top"}),
        ({"source": "https://example.org/s"}, {"url": "https://example.org/s/"}),
        ({"key": "example.org/s"}, {"url": "https://example.org/s/"}),
        ({"title": "Trams are back!"}, {"title": "TRAMS are “back”"}),
    ],
)
def test_the_same_story_is_shown_once(one: dict[str, Any], other: dict[str, Any]):
    composition = composed(article("kept", excerpt="Longer.", **one), article("other", **other))
    assert shape(composition) == {"Work": ["kept"]}
    told = verdict(composition, "other.md")
    kept = composition.edition.articles[0]
    assert told.reason == f"same story as {kept.title} (kept.md)"
    assert (told.included, told.edition, told.considered) == (False, "", True)


def test_friends_of_friends_are_one_story():
    chain = (
        article("a", title="Trams are back", image=Image("https://example.org/a.jpg")),
        article("b", title="Trams are back", source="https://example.org/trams"),
        article("c", title="The return of the tram", source="https://example.org/trams"),
    )
    composition = composed(*chain)
    assert shape(composition) == {"Work": ["a"]}
    assert verdict(composition, "c.md").reason == "same story as Trams are back (a.md)"


@pytest.mark.parametrize(
    "fields",
    [
        {"title": "?!"},
        {"url": "https://example.org/"},
        {"source": "not a link"},
    ],
)
def test_what_says_nothing_of_a_story_makes_no_two_articles_one(fields: dict[str, Any]):
    assert len(composed(article("a", **fields), article("b", **fields)).edition.articles) == 2


def test_the_better_one_stays():
    image = Image("https://example.org/picture.jpg")
    ranked = [
        article("e", title="One", image=image, source="https://example.org/e", excerpt="Long words", day=1),
        article("d", title="One", image=image, source="https://example.org/d", excerpt="Long words", day=2),
        article("c", title="One", image=image, source="https://example.org/c", excerpt="Short", day=0),
        article("b", title="One", image=image, excerpt="The longest words of all", day=0),
        article("a", title="One", source="https://example.org/a", excerpt="The longest words of all", day=0),
    ]
    while ranked:
        assert composed(*reversed(ranked)).edition.articles == (ranked.pop(0),)


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


# --- properties ----------------------------------------------------------------------------------------------------

words = st.sampled_from(["", "Trams", "trams!", "Rain", "Sun"])
links = st.sampled_from(["", "https://example.org/a", "http://www.example.org/a/", "https://example.org/b", "nonsense"])
images = st.sampled_from([None, Image("https://example.org/1.jpg"), Image(file="2.png")])


@st.composite
def any_article(draw: st.DrawFn) -> Article:
    path = draw(st.sampled_from(["", "a.md", "b.md", "c.md", "d.md", "e.md"]))
    source = draw(links)
    return Article(
        key=canonical_url(source) or f"path:{path}",
        title=draw(words),
        published=START + timedelta(days=draw(st.integers(-4, 8))),
        url=draw(links),
        source=source,
        category=draw(st.sampled_from(["", "Work", "work", "Art", "Sport", "Ads"])),
        excerpt=draw(words),
        image=draw(images),
        tags=draw(st.sampled_from([(), ("ad",)])),
        path=path,
        draft=draw(st.booleans()),
        pinned=draw(st.booleans()),
    )


any_rules = st.builds(
    Rules,
    require=st.sampled_from([(), ("source",), ("image",)]),
    exclude_categories=st.sampled_from([frozenset(), frozenset({"ads"})]),
    exclude_tags=st.sampled_from([frozenset(), frozenset({"ad"})]),
    aliases=st.sampled_from([{}, {"Art": "Work"}]),
    order=st.sampled_from([(), ("Sport", "Art")]),
    per_section=st.integers(1, 4),
    maximum=st.integers(1, 8),
    minimum=st.integers(0, 4),
)


@given(st.lists(any_article(), max_size=25), any_rules, st.randoms(use_true_random=False))
def test_the_order_in_which_articles_are_found_means_nothing(articles: list[Article], rules: Rules, chance: Any):
    since = START - timedelta(days=2)
    once = composed(*articles, rules=rules, since=since)
    chance.shuffle(articles)
    assert composed(*articles, rules=rules, since=since) == once


@given(st.lists(any_article(), max_size=25), any_rules)
def test_every_article_gets_one_verdict_and_the_counts_add_up(articles: list[Article], rules: Rules):
    composition = composed(*articles, rules=rules, since=START - timedelta(days=2), placed={"e.md": "weekly/2025-W48"})
    edition, verdicts = composition.edition, composition.verdicts
    assert Counter(v.article for v in verdicts) == Counter(articles)
    assert [v.article for v in verdicts if v.included] == list(edition.articles)
    assert all(v.reason for v in verdicts)
    assert all(v.considered and v.edition == NAME for v in verdicts if v.included)

    keys = [a.key for a in edition.articles]
    assert len(keys) == len(set(keys))
    assert len(keys) <= rules.maximum
    assert composition.enough == (len(keys) >= rules.minimum)
    assert all(1 <= len(s.articles) <= rules.per_section for s in edition.sections)
    assert all(s.key == category_key(s.category) for s in edition.sections)
    in_shown_sections = sum(len(s.articles) + s.more for s in edition.sections)
    capped = sum(v.considered and v.reason.startswith("over ") for v in verdicts)
    emptied = len(keys) + capped - in_shown_sections
    assert 0 <= emptied <= capped


# --- week after week -----------------------------------------------------------------------------------------------

CADENCE = Cadence(Unit.WEEK, on=0, at=time(7), cutoff=time(0), zone=ZoneInfo("Europe/Berlin"))
GRACE = timedelta(days=3)


@settings(max_examples=60)
@given(
    arrivals=st.lists(
        st.tuples(
            st.timedeltas(timedelta(0), timedelta(days=35)), st.timedeltas(timedelta(0), GRACE), st.sampled_from("ABC")
        ),
        max_size=40,
    ),
    minimum=st.integers(1, 4),
)
def test_each_article_is_in_exactly_one_edition_however_late_it_comes(
    arrivals: list[tuple[timedelta, timedelta, str]], minimum: int
):
    """Editions are made at their send times from what has arrived by then; what each considered is fed back."""
    rules = Rules(per_section=2, maximum=4, minimum=minimum)
    arrived = {
        article(str(i), published=START + after, category=category): START + after + delay
        for i, (after, delay, category) in enumerate(arrivals)
    }
    placed: dict[str, str] = {}
    homes: Counter[Article] = Counter()
    first_start = previous_end = None
    now, waiting = START, set[Article]()
    for _ in range(8):
        now = next_send(CADENCE, now)
        period = last_complete(CADENCE, now)
        since = reach(period, first_start=first_start, previous_end=previous_end, grace=GRACE)
        there = [a for a, arrival in arrived.items() if arrival <= now]
        composition = composed(*there, rules=rules, period=period, since=since, placed=placed, now=now)
        considered = [v.article for v in composition.verdicts if v.considered]
        waiting = set() if composition.enough else set(considered)
        if composition.enough:
            homes.update(considered)
            placed |= {a.key: composition.edition.name for a in considered}
            first_start, previous_end = first_start or period.start, period.end
    expected = {a for a in arrived if first_start and a.published >= first_start}
    assert set(homes) | waiting >= expected
    assert not set(homes) & waiting
    assert all(count == 1 for count in homes.values())
