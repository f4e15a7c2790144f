"""No mail is larger than Gmail shows, whatever an edition holds."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes
from email.policy import SMTP
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import RenderError
from digest.links import Signer
from digest.message import letter, message
from digest.model import HTML_MAXIMUM, Edition, Rendition, Section, Selection
from digest.render import Renderer, fitting
from tests.render.conftest import NOTE
from tests.samples import KEY, LOOK, SAMPLES, SENDER, WEEK, edition, stories


def edition_of(sizes: list[int]) -> Edition:
    sections = tuple(
        Section(f"c{place}", f"C{place}", tuple(replace(NOTE, key=f"{place}/{n}") for n in range(size)), more=place)
        for place, size in enumerate(sizes)
    )
    return Edition("weekly", 1, "Weekly", WEEK, sections)


@given(st.lists(st.integers(1, 9), min_size=1, max_size=6), st.data())
def test_the_largest_sections_give_way_and_nothing_is_lost(sizes: list[int], data: st.DataObject):
    whole = edition_of(sizes)
    count = data.draw(st.integers(0, sum(sizes)))
    left, dropped = fitting.without(whole, count)
    assert len(dropped) == count
    assert {*left.articles, *dropped} == set(whole.articles)
    assert len(left.sections) == min(len(sizes), sum(sizes) - count)  # all of them, as long as each can have an article
    for before, after in zip(whole.sections, left.sections, strict=False):
        assert before.key == after.key
        assert before.articles[: len(after.articles)] == after.articles
        assert len(after.articles) + after.more == len(before.articles) + before.more
        given_up = len(before.articles) - len(after.articles)
        assert not given_up or len(after.articles) + 1 >= max(len(s.articles) for s in left.sections)


@given(st.integers(0, 300), st.integers(0, 300))
def test_as_few_are_dropped_as_will_do(most: int, needed: int):
    assert fitting.fewest(most, lambda count: count >= needed) == min(most, needed)


def html_of(data: bytes) -> bytes:
    """The decoded HTML part of a finished message."""
    part = message_from_bytes(data, policy=SMTP).get_body(("html",))  # type: ignore[attr-defined] # of the policy, EmailMessage
    found: bytes = part.get_payload(decode=True)
    return found


def longest_mail(rendition: Rendition, name: str) -> bytes:
    """The message with the longest links that the configuration lets anybody have."""
    sender = replace(SENDER, web=f"https://{'long.' * 36}example.org")
    assert len(sender.web) <= 200
    edition = f"weekly/{'2025-12-01T07:00:00.000000+01:00' * 2}"
    made = letter(rendition, sender, edition=edition, message_key=KEY, date=WEEK.end)
    links = Signer([KEY]).for_reader(sender, edition, 2**62)
    return message(made, address="reader@example.com", name=name, subscriber=2**62, links=links).data


@pytest.mark.parametrize("sections", [stories.SECTIONS, stories.CHINESE, stories.ARABIC])
@pytest.mark.parametrize("web", [True, False])
def test_the_finished_mail_stays_under_what_gmail_cuts_off(sections: stories.Sections, web: bool, tmp_path: Path):
    (tmp_path / "edition.html").write_text(
        '{% extends "digest/edition.html" %}{% block intro %}<tr><td>{{ reader.name }}</td></tr>{% endblock %}'
    )
    many = tuple(
        (category, tuple(f"{title} {n}" for n in range(60) for title in titles)) for category, titles in sections
    )
    whole = edition(many, 400, photo=False)
    rendition = Renderer(replace(LOOK, web=web), tmp_path).render(whole)
    assert rendition.trimmed
    size = len(html_of(longest_mail(rendition, '"' * 250)))
    assert HTML_MAXIMUM - 6_000 < size < HTML_MAXIMUM


def test_sections_go_when_there_are_too_many_of_them():
    whole = edition(tuple((f"Category {n}", ("One title",)) for n in range(200)), 1, photo=False)
    rendition = Renderer(LOOK).render(whole)
    assert fitting.fits(rendition.html)
    shown = rendition.html.count("<h3 ")
    assert shown == rendition.html.count("<h2 ") == 200 - len(rendition.trimmed)
    assert rendition.trimmed[0] == whole.articles[-1].key


def test_what_cannot_fit_is_refused_and_told():
    whole = replace(SAMPLES["five"]().edition, intro="word " * 30_000)
    with pytest.raises(RenderError, match="bytes with a single article") as caught:
        Renderer(LOOK).render(whole)
    assert "intro" in caught.value.hint


def test_what_was_trimmed_is_told_by_key_and_counted_where_it_was():
    sample = SAMPLES["too-large"]()
    rendition = sample.rendition()
    keys = [article.key for article in sample.edition.articles]
    assert set(rendition.trimmed) < set(keys)
    shown = len(keys) - len(rendition.trimmed)
    assert rendition.html.count("<h3 ") == shown
    assert rendition.text.count("\nhttps://fieldnotes.example.org/posts/") == shown
    assert rendition.html.count("<h2 ") == len(sample.edition.sections)
    last = sample.edition.sections[-1]
    trimmed = sum(article.key in rendition.trimmed for article in last.articles)
    assert f"{last.more + trimmed} more in {last.category}" in rendition.text


def test_a_selection_is_trimmed_for_itself():
    sample = SAMPLES["too-large"]()
    rendition = Renderer(LOOK).render(sample.edition, Selection(frozenset({"c0", "c5"})))
    assert rendition.trimmed == ()
    assert rendition.html.count("<h3 ") == sum(len(sample.edition.sections[place].articles) for place in (0, 5))


def test_what_fits_is_left_alone():
    assert SAMPLES["forty-five"]().rendition().trimmed == ()
