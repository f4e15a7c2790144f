"""What comes first in a section, what opens the mail, and that no source fills a section."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.compose import Rank, Rules, Weights
from digest.compose.naming import maker
from digest.compose.ranking import Ranking, varied
from digest.model import Article, Image
from tests.core.composed import WEEK, article, composed, shape, verdict

COVER = Image("https://example.org/cover.jpg")


def score(one: Article, **weights: object) -> float:
    return Ranking(Rules(weights=Weights(**weights)), WEEK).score(one)  # type: ignore[arg-type] # each key has its own


# --- rank ----------------------------------------------------------------------------------------------------------


def test_by_weight_the_smallest_comes_first_then_the_newest_and_last_what_has_none():
    composition = composed(
        article("none", day=6),
        article("heavy", day=5, weight=10),
        article("light", day=1, weight=-1),
        article("new", day=3, weight=2),
        article("old", day=2, weight=2),
        article("pinned", day=0, pinned=True),
        rules=Rules(rank=Rank.WEIGHT, per_section=9),
    )
    assert shape(composition) == {"Work": ["pinned", "light", "new", "old", "heavy", "none"]}


def test_by_score_the_best_comes_first_and_the_score_is_told():
    composition = composed(
        article("new", day=6),
        article("covered", day=4, image=COVER),
        article("old", day=0),
        article("pinned", day=1, pinned=True),
        rules=Rules(rank=Rank.SCORE),
    )
    assert shape(composition) == {"Work": ["pinned", "covered", "new", "old"]}
    assert verdict(composition, "covered.md").rank_score == pytest.approx(4 / 7 + 0.5)
    assert verdict(composition, "old.md").rank_score == 0


def test_scores_are_told_of_what_did_not_fit_and_of_nothing_where_they_do_not_count():
    two = (article("a", day=1), article("b", day=2))
    assert verdict(composed(*two, rules=Rules(rank=Rank.SCORE, per_section=1)), "a.md").rank_score is not None
    assert {v.rank_score for v in composed(*two).verdicts} == {None}


def test_recency_falls_from_the_end_of_the_period_to_its_start():
    assert [score(article("a", day=day)) for day in (0, 3.5, 7)] == [0, 0.5, 1]
    assert score(article("late", day=-3)) == 0
    assert score(article("a", day=3.5), recency=4.0) == 2


def test_sources_count_by_host_or_by_name_and_categories_by_any_spelling():
    one = article("a", day=7, source="https://www.Example.org/a", origin="The Wire", category="General AI")
    assert score(one, source={"example.org": 2}) == 2
    assert score(one, source={"the wire": 3}) == 3
    assert score(one, source={"www.example.org": 2, "The Wire": 3}) == 2
    assert score(one, category={"general-ai": 0.5}) == 0.5
    assert score(one, source={"example.org": 2}, category={"General AI": 3}) == 6


def test_the_weight_of_a_category_is_that_of_the_one_that_is_meant():
    rules = Rules(aliases={"KI": "AI"}, weights=Weights(category={"AI": 3}))
    assert Ranking(rules, WEEK).score(article("a", day=7, category="ki")) == 3


# --- the lead ------------------------------------------------------------------------------------------------------


def test_the_best_article_opens_the_mail_with_its_section():
    articles = [
        article("work", category="Work", day=6),
        article("more", category="Work", day=5),
        article("new", category="Art", day=4),
        article("covered", category="Art", day=1, image=COVER),
    ]
    assert shape(composed(*articles, rules=Rules(lead=True, order=("Work",)))) == {
        "Art": ["covered", "new"],
        "Work": ["work", "more"],
    }


def test_what_is_pinned_opens_the_mail_before_what_has_a_cover():
    articles = [article("covered", image=COVER), article("pinned", category="Art", pinned=True)]
    assert shape(composed(*articles, rules=Rules(lead=True))) == {"Art": ["pinned"], "Work": ["covered"]}


def test_an_edition_without_articles_has_no_lead():
    assert composed(rules=Rules(lead=True)).edition.sections == ()


# --- variety -------------------------------------------------------------------------------------------------------


def test_what_a_source_has_too_much_of_stands_behind_the_others_and_fills_what_room_is_left():
    articles = [article(f"a{day}", day=day, source=f"https://a.example.org/{day}") for day in range(2, 7)]
    articles += [article("b", day=1, source="https://b.example.org/1"), article("c", day=0, origin="The Wire")]
    rules = Rules(variety=2, per_section=6)
    assert shape(composed(*articles, rules=rules)) == {"Work": ["a6", "a5", "b", "c", "a4", "a3"]}
    assert verdict(composed(*articles, rules=rules), "a2.md").reason == "over 6 in Work"


def test_a_section_with_one_source_alone_is_as_it_would_be():
    own = [article(str(day), day=day, origin="content/posts") for day in range(5)]
    assert shape(composed(*own, rules=Rules(variety=1))) == {"Work": ["4", "3", "2", "1", "0"]}


def test_pinned_articles_keep_their_place():
    pins = [article(str(day), day=day, pinned=True, origin="a") for day in range(3)]
    assert shape(composed(*pins, article("b", origin="b"), rules=Rules(variety=1)))["Work"][-1] == "b"


makers = st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=12)


@given(makers, st.integers(0, 4))
def test_variety_keeps_every_article_and_each_source_in_its_order(made: list[tuple[str, bool]], most: int):
    articles = [article(str(i), origin=maker, pinned=pinned) for i, (maker, pinned) in enumerate(made)]
    moved = varied(articles, most)
    assert sorted(moved, key=articles.index) == articles
    for origin in "abc":
        its = [a for a in articles if a.origin == origin and not a.pinned]
        assert [a for a in moved if a.origin == origin and not a.pinned] == its


# --- variety of the whole edition ----------------------------------------------------------------------------------

SECTIONS = ("Art", "Sport", "Work")


def found(name: str, origin: str, category: str, day: float, **fields: object) -> Article:
    return article(name, origin=origin, category=category, day=day, **fields)


def busy(others: int, **fields: object) -> list[Article]:
    """A source with the three newest articles of each section, and others with so many older ones in each."""
    wire = [found(f"wire {c} {day}", "wire", c, day, **fields) for c in SECTIONS for day in (4, 5, 6)]
    return wire + [found(f"other {c} {i}", f"other {c} {i}", c, 2 - i / 10) for c in SECTIONS for i in range(others)]


def test_a_source_that_fills_an_edition_section_by_section_gives_way_to_others_and_keeps_its_best():
    composition = composed(*busy(others=4), rules=Rules(variety=3, per_section=4, order=SECTIONS))
    assert shape(composition) == {
        "Art": ["wire Art 6", "wire Art 5", "other Art 0", "other Art 1"],
        "Sport": ["wire Sport 6", "other Sport 0", "other Sport 1", "other Sport 2"],
        "Work": ["wire Work 6", "other Work 0", "other Work 1", "other Work 2"],
    }


@pytest.mark.parametrize(("others", "per_section"), [(0, 2), (4, 9)])
def test_a_source_stays_where_there_is_no_other_or_room_for_all(others: int, per_section: int):
    varied_, plain = (
        composed(*busy(others), rules=Rules(variety=variety, per_section=per_section)) for variety in (3, 0)
    )
    assert shape(varied_) == shape(plain)


def test_room_that_nobody_else_needs_is_left_to_the_source_that_fills_it():
    edition = composed(*busy(others=1), rules=Rules(variety=3, per_section=3)).edition
    assert Counter(a.origin for a in edition.articles)["wire"] == 6


def test_without_variety_a_source_may_fill_an_edition():
    edition = composed(*busy(others=4), rules=Rules(variety=0, per_section=3)).edition
    assert {a.origin for a in edition.articles} == {"wire"}


def test_what_is_pinned_and_what_opens_the_mail_give_way_to_nothing():
    pins = composed(*busy(others=4, pinned=True), rules=Rules(variety=1, per_section=3)).edition
    assert {a.origin for a in pins.articles} == {"wire"}
    lead = found("lead", "wire", "Work", 3, image=COVER)
    opened = composed(lead, *busy(others=4), rules=Rules(variety=1, per_section=3, lead=True)).edition
    assert opened.articles[0] == lead


def test_what_gave_way_says_where_there_was_no_room():
    composition = composed(*busy(others=4), rules=Rules(variety=3, per_section=4, order=SECTIONS))
    assert verdict(composition, "wire Work 5.md").reason == "over 4 in Work"


sourced = st.lists(st.tuples(st.sampled_from("aaaabcd"), st.sampled_from(SECTIONS)), max_size=30)


@settings(deadline=None)
@given(sourced, st.integers(1, 3), st.integers(1, 6), st.integers(1, 20), st.randoms(use_true_random=False))
def test_no_source_has_more_than_its_share_while_another_waits_and_no_room_stays_empty(
    made: list[tuple[str, str]], variety: int, per_section: int, maximum: int, chance: object
):
    articles = [found(str(i), origin, category, i / 10) for i, (origin, category) in enumerate(made)]
    rules = Rules(variety=variety, per_section=per_section, maximum=maximum, minimum=1)
    plain = composed(*articles, rules=Rules(per_section=per_section, maximum=maximum, minimum=1)).edition
    edition = composed(*articles, rules=rules).edition
    assert [(s.key, len(s.articles)) for s in edition.sections] == [(s.key, len(s.articles)) for s in plain.sections]
    has = Counter(map(maker, edition.articles))
    share = max(variety, len(edition.articles) // 3)
    for section in edition.sections:
        waiting = {maker(a) for a in articles if a.category == section.category} & {
            maker(a) for a in articles if a.category == section.category and a not in section.articles
        }
        if any(has[name] < share for name in waiting):
            assert all(has[maker(a)] <= share for a in section.articles)
    chance.shuffle(articles)  # type: ignore[attr-defined] # hypothesis names no type of it
    assert composed(*articles, rules=rules).edition == edition
