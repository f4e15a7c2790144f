"""The same story twice: within an edition, across sources, and against the last editions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from digest.compose import MEMORY, Rules, apart
from digest.model import Article, Image
from tests.core.composed import article, composed, shape, verdict

BRIDGE = "The old swing bridge turns ninety and opens its engine room"
AGAIN = "Update: Old swing bridge turns ninety, opens its engine room"
TEXT = "Anyone may climb down to the machines; bring a jacket, and leave your dog with the man who stands at the gate."
LAST = "weekly/2025-W48"


# --- the same page, the same title --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"key": "example.org/story"}, {"key": "example.org/story"}),
        ({"source": "https://www.example.org/s/?utm_source=a#top"}, {"source": "http://example.org/s#top"}),
        (
            {"source": "https://example.org/s", "title": "Trams"},
            {"source": "http://example.org/s#rss", "title": "Trams"},
        ),
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
        article("e", title="One", image=image, source="https://e.example.org/", excerpt="Long words", day=1),
        article("d", title="One", image=image, source="https://d.example.org/", excerpt="Long words", day=2),
        article("c", title="One", image=image, source="https://c.example.org/", excerpt="Short", day=0),
        article("b", title="One", image=image, excerpt="The longest words of all", day=0),
        article("a", title="One", source="https://a.example.org/", excerpt="The longest words of all", day=0),
    ]
    while ranked:
        assert composed(*reversed(ranked)).edition.articles == (ranked.pop(0),)


def test_the_pinned_one_of_a_story_stays():
    pictured = article("pictured", title="One", image=Image("https://example.org/picture.jpg"))
    assert shape(composed(pictured, article("pinned", title="One", pinned=True))) == {"Work": ["pinned"]}


# --- nearly alike ---------------------------------------------------------------------------------------------------


def test_a_story_told_nearly_alike_is_told_once_and_its_likeness_is_shown():
    composition = composed(
        article("kept", title=BRIDGE, source="https://example.org/bridge", excerpt="Longer."),
        article("again", title=AGAIN, source="https://example.com/ninety"),
    )
    assert shape(composition) == {"Work": ["kept"]}
    told = verdict(composition, "again.md")
    assert told.reason == f"same story as {BRIDGE} (kept.md), {told.score} % alike"
    assert told.like == verdict(composition, "kept.md").article
    assert 90 <= (told.score or 0) < 100
    assert told.considered


def test_how_alike_two_must_be_is_a_rule():
    two = (article("a", title=BRIDGE), article("b", title=AGAIN))
    assert len(composed(*two, rules=Rules(alike=100)).edition.articles) == 2
    assert len(composed(*two, rules=Rules(alike=90)).edition.articles) == 1


def test_an_article_that_is_equal_to_one_that_is_like_a_third_goes_with_it():
    composition = composed(
        article("best", title=BRIDGE, image=Image("https://example.org/bridge.jpg")),
        article("near", title=AGAIN, source="https://example.com/b"),
        article("equal", title="Ninety years", source="https://example.com/b"),
    )
    assert shape(composition) == {"Work": ["best"]}
    assert verdict(composition, "equal.md").like == verdict(composition, "best.md").article


def test_a_blurb_that_opens_many_articles_makes_no_two_of_them_one():
    blurb = "Every week we talk to people of the harbour about their work, their tools and what they would change. "
    names = ("Ines the diver", "Jon of the cranes", "the pilot Maren", "the new cook", "Olu who mends nets")
    talks = [
        article(
            name, title=f"Harbour talk, at the quay: {name}", excerpt=blurb, source=f"https://{at}.example.org/talk"
        )
        for at, name in enumerate(names)
    ]
    rules = Rules(alike=50, minimum=1)
    assert len(composed(*talks, rules=rules).edition.articles) == len(names)
    assert len(composed(*talks[:2], rules=rules).edition.articles) == 1


def test_thousands_of_titles_from_one_mould_are_compared_in_no_time_and_stay_apart():
    titles = [
        f"What the tide is like at quay x{chr(97 + i // 676)}{chr(97 + i // 26 % 26)}{chr(97 + i % 26)} today"
        for i in range(3000)
    ]
    composition = composed(
        *(article(title, title=title) for title in titles), rules=Rules(per_section=9999, maximum=9999)
    )
    assert len(composition.edition.articles) == 3000


def test_what_a_site_calls_by_one_name_day_by_day_is_all_shown():
    photos = [
        article(f"{day}", title="Photo of the day", source=f"https://example.org/{day}", excerpt=excerpt, day=day)
        for day, excerpt in enumerate([TEXT, TEXT, "", "", f"{TEXT} It is open."])
    ]
    other = article("other", title="Photo of the day", source="https://example.com/photo")
    assert len(composed(*photos, other).edition.articles) == 6 - 1  # no more fit into a section
    assert not [v for v in composed(*photos, other).verdicts if v.like]


def test_one_title_on_two_pages_of_a_site_at_the_same_time_is_one_story_unless_the_excerpts_differ():
    one, other = (article(name, title=BRIDGE, source=f"https://example.org/{name}", excerpt=TEXT) for name in "ab")
    assert len(composed(one, other).edition.articles) == 1
    assert len(composed(one, replace(other, excerpt=TEXT.upper() + "It is open.")).edition.articles) == 2


def test_an_excerpt_that_a_site_repeats_is_its_blurb_and_the_same_on_another_site_is_the_same_report():
    one = article("one", title="Former mayor of Norrby arrested at the airport on Friday", excerpt=TEXT)
    other = article("other", title="Mayor of Norrby arrested at the airport on Friday", excerpt=TEXT)
    assert len(composed(one, other).edition.articles) == 2
    assert len(composed(one, replace(other, source="https://example.org/mayor")).edition.articles) == 1


def test_the_notes_of_one_page_are_told_apart_by_their_fragments():
    page = "https://example.org/notes"
    notes = [
        article("a", title="Vector search is there", source=f"{page}#a"),
        article("b", title="Graphics processors are there", source=f"{page}#b"),
    ]
    assert len(composed(*notes).edition.articles) == 2


def of_feed(name: str, key: str, **fields: Any) -> Any:
    return article(name, path="", key=key, source=PAGE, url=PAGE, **fields)


PAGE = "https://show.example.org/podcast"
EPISODES = (
    of_feed("one", "show.example.org/podcast", title="Whales and their songs"),
    of_feed("two", "show.example.org/podcast#3384aa", title="Mining in Peru"),
    of_feed("three", "show.example.org/podcast#99bb01", title="Cheese makers unite"),
)


def test_stories_that_share_a_page_in_their_feed_are_all_shown():
    assert len(composed(*EPISODES).edition.articles) == 3


def test_of_stories_that_share_a_page_each_is_told_once_and_keeps_no_other_out():
    first, *others = EPISODES
    composition = composed(replace(first, published=before().published), *others, placed={first.key: LAST})
    assert {article.title for article in composition.edition.articles} == {other.title for other in others}
    again = of_feed("again", "show.example.org/podcast", title="Whales and their songs")
    assert len(composed(*EPISODES, again).edition.articles) == 3


def test_a_story_that_shares_its_page_is_known_by_the_source_that_it_names():
    via = replace(EPISODES[1], source="https://peru.example.org/mines")
    other = article("other", title="What goes on below", source="https://peru.example.org/mines")
    assert len(composed(via, other).edition.articles) == 1


def test_files_of_one_language_are_no_translations_of_each_other():
    one = article("city/review", title="A walk", language="en")
    other = article("city/en/review", title="The bridge", language="en")
    german = replace(other, path="city/de/review.md", key="path:city/de/review.md", title="Spaziergang", language="de")
    assert len(composed(one, other).edition.articles) == 2
    assert len(composed(one, german).edition.articles) == 1
    assert len(composed(one, other, german).edition.articles) == 3


PRESS = ("New crane #3 at the quay", "Tides explained for children", "Wages rise in spring", "Why ferries are late")


def pressed(*titles: str) -> list[Article]:
    source = "https://company.example.org/press"
    named = [article(title, title=title, source=source, key="company.example.org/press") for title in titles]
    return list(apart(named))


def test_a_list_that_many_files_name_as_their_source_makes_no_story_of_them():
    assert len(composed(*pressed(*PRESS)).edition.articles) == len(PRESS)
    assert len({each.key for each in pressed(*PRESS)}) == len(PRESS)
    earlier = {name: LAST for each in pressed(*PRESS[1:]) for name in (each.key, each.path)}
    assert shape(composed(*pressed(*PRESS), placed=earlier)) == {"Work": [PRESS[0]]}


@pytest.mark.parametrize(
    "titles",
    [
        PRESS[:2],
        [f"{when}: the best offers for ferries this summer, all tested" for when in ("Now", "Today", "Again", "Still")],
    ],
)
def test_a_page_that_came_again_under_another_title_is_one_story(titles: Sequence[str]):
    assert len(composed(*pressed(*titles)).edition.articles) == 1


# --- told before ----------------------------------------------------------------------------------------------------


def before(**fields: Any) -> Any:
    return article("before", **{"day": -3, "title": BRIDGE, "source": "https://example.org/bridge", **fields})


@pytest.mark.parametrize(
    ("fields", "likeness"),
    [
        ({"title": BRIDGE, "source": "https://example.com/bridge"}, ""),
        ({"title": AGAIN, "source": "https://example.com/bridge"}, ", 95 % alike"),
        ({"title": "Something else", "url": "https://example.org/bridge?utm_source=feed"}, ""),
    ],
)
def test_a_story_of_an_earlier_edition_is_not_told_again(fields: dict[str, Any], likeness: str):
    composition = composed(before(), article("again", **fields), placed={"before.md": LAST})
    told = verdict(composition, "again.md")
    expected = f"same story as {BRIDGE} (before.md) of edition {LAST}{likeness}"
    assert told.reason == expected
    assert (told.included, told.considered, told.edition) == (False, True, "")
    assert told.like == before()


@pytest.mark.parametrize("excerpt", [TEXT, "", "Gulls, nets, and why nobody paints boats in winter. " * 2])
@pytest.mark.parametrize("title", ["Open thread", "What we read in the harbour this week"])
def test_a_column_of_the_same_name_is_another_story_every_week(title: str, excerpt: str):
    earlier = before(title=title, excerpt=TEXT)
    column = article("column", title=title, source="https://example.org/column", excerpt=excerpt)
    assert composed(earlier, column, placed={"before.md": LAST}).enough


def test_a_short_title_of_another_site_is_another_story_in_another_edition_unless_the_excerpt_is_the_same():
    earlier = before(title="Open day", excerpt=TEXT)
    other = article("other", title="Open day", source="https://example.com/open")
    assert composed(earlier, other, placed={"before.md": LAST}).enough
    assert not composed(earlier, replace(other, excerpt=TEXT), placed={"before.md": LAST}).enough


def test_what_was_told_long_ago_may_be_told_again():
    ago = -(MEMORY / timedelta(days=1))
    assert composed(before(day=ago - 1), article("again", title=BRIDGE), placed={"before.md": LAST}).enough
    assert not composed(before(day=ago), article("again", title=BRIDGE), placed={"before.md": LAST}).enough


def test_what_stayed_out_of_an_earlier_edition_keeps_no_story_out():
    assert composed(before(draft=True), article("again", title=BRIDGE)).enough


def test_what_had_its_turn_and_was_not_shown_keeps_no_story_out():
    again = article("again", title=AGAIN, source="https://example.com/bridge")
    assert composed(before(), again, placed={"before.md": LAST}, told=frozenset()).enough


def test_what_a_site_has_written_itself_stands_before_what_a_feed_tells_of_it():
    image = Image("https://example.org/picture.jpg")
    feed = article("feed", title=BRIDGE, path="", key="k", source="https://example.org/x", image=image, excerpt=TEXT)
    own = article("own", title=BRIDGE, excerpt="Short.")
    assert shape(composed(feed, own)) == {"Work": ["own"]}


def test_where_no_article_has_a_category_no_section_is_kept_short():
    rules = Rules(per_section=2, maximum=4)
    assert len(composed(*(article(name, category="") for name in "abcdef"), rules=rules).edition.articles) == 4
    some = composed(*(article(name, category="Art" if name == "a" else "") for name in "abcdef"), rules=rules)
    assert shape(some) == {"Art": ["a"], "Other": ["b", "c"]}
    assert len(composed(*(article(name) for name in "abcdef"), rules=rules).edition.articles) == 2
