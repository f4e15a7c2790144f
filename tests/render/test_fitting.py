"""No mail is larger than Gmail shows, whatever an edition holds."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from digest.marks import Mark
from digest.model import Edition, Section, Selection
from digest.render import Renderer, fitting
from tests.render.conftest import NOTE, WEEK
from tests.samples import LOOK, SAMPLES


def edition_of(sizes: list[int]) -> Edition:
    sections = tuple(
        Section(f"c{place}", f"C{place}", tuple(replace(NOTE, key=f"{place}/{n}") for n in range(size)), more=place)
        for place, size in enumerate(sizes)
    )
    return Edition("weekly", 1, "Weekly", WEEK, sections)


@given(st.lists(st.integers(1, 9), min_size=1, max_size=6), st.data())
def test_the_largest_sections_give_way_and_nothing_is_lost(sizes: list[int], data: st.DataObject):
    edition = edition_of(sizes)
    count = data.draw(st.integers(0, sum(sizes)))
    left, dropped = fitting.without(edition, count)
    assert len(dropped) == count
    assert {*left.articles, *dropped} == set(edition.articles)
    for before, after in zip(edition.sections, left.sections, strict=True):
        assert before.articles[: len(after.articles)] == after.articles
        assert len(after.articles) + after.more == len(before.articles) + before.more
        given_up = len(before.articles) - len(after.articles)
        assert not given_up or len(after.articles) + 1 >= max(len(s.articles) for s in left.sections)


@given(st.integers(0, 300), st.integers(0, 300))
def test_as_few_are_dropped_as_will_do(most: int, needed: int):
    assert fitting.fewest(most, lambda count: count >= needed) == min(most, needed)


def test_readers_own_links_count():
    assert fitting.weight("ä" * 10 + Mark.UNSUBSCRIBE) >= 20 + 200
    assert fitting.fits("x" * 99_999)
    assert not fitting.fits("x" * 100_000)


def test_a_mail_of_two_hundred_stories_stays_under_what_gmail_cuts_off():
    sample = SAMPLES["too-large"]()
    rendition = sample.rendition()
    assert fitting.weight(rendition.html) < fitting.HTML_MAXIMUM
    assert fitting.weight(rendition.html) > fitting.HTML_MAXIMUM - 3_000  # one more would not have fitted
    shown = len(sample.edition.articles) - len(rendition.trimmed)
    assert rendition.html.count("<h3 ") == shown
    assert rendition.text.count("\nhttps://fieldnotes.example.org/posts/") == shown
    assert rendition.html.count("<h2 ") == len(sample.edition.sections)
    last = sample.edition.sections[-1]
    trimmed = sum(article in rendition.trimmed for article in last.articles)
    assert f"{last.more + trimmed} more in {last.category}" in rendition.text


def test_a_selection_is_trimmed_for_itself():
    sample = SAMPLES["too-large"]()
    rendition = Renderer(LOOK).render(sample.edition, Selection(frozenset({"c0", "c5"})))
    assert rendition.trimmed == ()
    assert rendition.html.count("<h3 ") == sum(len(sample.edition.sections[place].articles) for place in (0, 5))


def test_what_fits_is_left_alone():
    assert SAMPLES["forty-five"]().rendition().trimmed == ()
