"""What holds of every edition, whatever the articles and the rules; and of editions week after week."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from digest.compose import Rank, Rules
from digest.identity import canonical_url, category_key, title_key
from digest.model import Article, Chosen, Curation, Image, Selection
from digest.period import Cadence, Unit, last_complete, next_send, reach
from tests.core.composed import NAME, START, article, composed

# --- properties ----------------------------------------------------------------------------------------------------

LONG = "The old swing bridge turns ninety and opens its engine room"
words = st.sampled_from(["", "Trams", "trams!", "Rain", "Sun", LONG, f"{LONG}, too", f"{LONG} on Monday", LONG.upper()])
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
        hidden=draw(st.booleans()),
        language=draw(st.sampled_from(["", "en", "de"])),
        weight=draw(st.sampled_from([None, 1.0, 2.0])),
        origin=draw(st.sampled_from(["posts", "feed"])),
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
    languages=st.sampled_from([(), ("en",)]),
    alike=st.sampled_from([50, 90, 100]),
    rank=st.sampled_from(Rank),
    variety=st.integers(0, 2),
    smallest=st.integers(1, 3),
    lead=st.booleans(),
)

names = st.sampled_from(["a.md", "b.md", "c.md", "example.org/a", "path:d.md", "nowhere.md"])
any_curation = st.builds(
    Curation,
    edition=st.just(NAME),
    file=st.just("editions/weekly-2025-W49.md"),
    pinned=st.frozensets(names),
    excluded=st.frozensets(names, max_size=2),
    order=st.sampled_from([(), ("Art",)]),
    sections=st.lists(
        st.builds(Chosen, st.sampled_from(["", "Work", "work", "Picks"]), st.lists(names).map(tuple)), max_size=3
    ).map(tuple),
)
PLACED = {"e.md": "weekly/2025-W48"}
SINCE = START - timedelta(days=2)


@given(st.lists(any_article(), max_size=25), any_rules, st.none() | any_curation, st.randoms(use_true_random=False))
def test_the_order_in_which_articles_are_found_means_nothing(
    articles: list[Article], rules: Rules, curation: Curation | None, chance: Any
):
    once = composed(*articles, rules=rules, since=SINCE, placed=PLACED, curation=curation)
    chance.shuffle(articles)
    assert composed(*articles, rules=rules, since=SINCE, placed=PLACED, curation=curation) == once


@given(st.lists(any_article(), max_size=25), any_rules)
def test_every_article_gets_one_verdict_and_the_counts_add_up(articles: list[Article], rules: Rules):
    composition = composed(*articles, rules=rules, since=SINCE, placed=PLACED)
    edition, verdicts = composition.edition, composition.verdicts
    assert Counter(v.article for v in verdicts) == Counter(articles)
    assert [v.article for v in verdicts if v.included] == list(edition.articles)
    assert all(v.reason for v in verdicts)
    assert all(v.considered and v.edition == NAME for v in verdicts if v.included)

    shown = edition.articles
    assert len(shown) <= rules.maximum
    assert composition.enough == (len(shown) >= rules.minimum)
    one_alone = [s.key for s in edition.sections] == [
        category_key(rules.uncategorised)
    ]  # perhaps as nothing else is there
    cap = rules.maximum if one_alone else rules.per_section
    assert all(1 <= len(s.articles) <= cap for s in edition.sections)
    assert all(s.key == category_key(s.category) for s in edition.sections)
    in_shown_sections = sum(len(s.articles) + s.more for s in edition.sections)
    capped = sum(v.considered and v.reason.startswith("over ") for v in verdicts)
    emptied = len(shown) + capped - in_shown_sections
    assert 0 <= emptied <= capped


@given(st.lists(any_article(), max_size=25), any_rules)
def test_no_story_is_told_twice_and_whoever_tells_one_again_says_whose(articles: list[Article], rules: Rules):
    composition = composed(*articles, rules=rules, since=SINCE, placed=PLACED)
    shown = composition.edition.articles
    told = [a for a in shown if title_key(a.title)]
    assert len({a.key for a in shown}) == len(shown)
    assert len({title_key(a.title) for a in told}) == len(told)
    for verdict in composition.verdicts:
        assert (verdict.like is None) is (verdict.score is None)
        if verdict.like:
            assert verdict.like in articles
            assert rules.alike <= (verdict.score or 0) <= 100
            assert verdict.considered
            assert not verdict.included


@given(st.lists(any_article(), max_size=25), any_rules)
def test_variety_moves_articles_and_never_leaves_room_empty(articles: list[Article], rules: Rules):
    varied = composed(*articles, rules=rules, since=SINCE)
    plain = composed(*articles, rules=replace(rules, variety=0), since=SINCE)
    assert {s.key: len(s.articles) for s in varied.edition.sections} == {
        s.key: len(s.articles) for s in plain.edition.sections
    }


@given(
    st.lists(any_article(), max_size=25),
    any_rules,
    st.none() | any_curation,
    st.sampled_from(["work", "art", "sport", "ads", "other", "picks"]),
)
def test_whoever_chose_a_category_finds_its_articles_wherever_they_stand_and_no_others(
    articles: list[Article], rules: Rules, curation: Curation | None, wanted: str
):
    edition = composed(*articles, rules=rules, since=SINCE, curation=curation).edition
    found = edition.only(Selection(frozenset({wanted})))
    assert all(a in found.articles for a in edition.articles if (category_key(a.category) or "other") == wanted)
    means = {wanted, "work"} if wanted == "art" and rules.aliases else {wanted}
    theirs = {"art", *means} if wanted == "work" and rules.aliases else means
    for section in found.sections:
        assert section.key in means or all((category_key(a.category) or "other") in theirs for a in section.articles)


@given(st.lists(any_article(), max_size=25), any_rules, any_curation)
def test_an_editor_loses_no_article_and_gets_none_that_was_left_out(
    articles: list[Article], rules: Rules, curation: Curation
):
    composition = composed(*articles, rules=rules, since=SINCE, placed=PLACED, curation=curation)
    assert len(composition.verdicts) == len(articles)
    assert [v.article for v in composition.verdicts if v.included] == list(composition.edition.articles)
    keys = [section.key for section in composition.edition.sections]
    assert len(keys) == len(set(keys))
    for verdict in composition.verdicts:
        names = {verdict.article.path, verdict.article.key} - {""}
        assert not (verdict.included and names & curation.excluded)
        if verdict.included and curation.sections:
            assert any(names.intersection(chosen.articles) for chosen in curation.sections)


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
        since = reach(period, first_start=first_start, previous_end=previous_end, grace=GRACE, zone=UTC)
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
