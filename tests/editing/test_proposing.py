"""The file that an editor is given, and the file as it is read again while nobody has changed it."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.compose import Rules
from digest.editing import addition, append, create, place
from digest.errors import TryLaterError
from digest.model import Article
from digest.sources.text import tidy
from tests.editing.conftest import FILE, NOW, START, Desk, article


def test_the_proposal_is_what_an_editor_has_seen_and_kept(desk: Desk, same_as_golden: Callable[[str, str], None]):
    same_as_golden("weekly-2025-W49.md", desk.proposal())


def test_a_file_that_nobody_changed_is_the_edition_that_the_rules_make(desk: Desk):
    desk.propose()
    edited = desk.read()
    assert desk.composed(edited.articles, edited.curation).edition == desk.composed().edition
    assert edited.new(desk.candidates.proposed(desk.composed())) == ()


def test_a_story_that_came_by_two_feeds_and_a_folder_stands_in_the_file_once_for_each_name(desk: Desk):
    story = {"key": "ex.org/story", "source": "https://ex.org/story"}
    feeds = [article("story", path="", excerpt=text, **story) for text in ("Short.", "The longer one of the two.")]
    desk.articles = [*desk.articles, *feeds, article("story", excerpt="", **story)]
    desk.propose()
    edited = desk.read()
    assert desk.proposal().count("`ex.org/story`") == 1
    assert desk.composed(edited.articles, edited.curation).edition == desk.composed().edition


def test_what_may_be_in_no_edition_is_not_proposed(desk: Desk):
    desk.articles = [*desk.articles, article("later", published=NOW + timedelta(minutes=1)), article("told")]
    desk.placed = {"content/told.md": "weekly/2025-W48"}
    text = desk.proposal()
    assert not [name for name in ("content/quays.md", "content/later.md", "content/told.md") if name in text]


def test_the_file_is_called_as_the_edition_whatever_its_period(desk: Desk):
    names = {
        "weekly/2025-W49": "weekly-2025-W49.md",
        "weekly/2025-10-20/2025-10-27": "weekly-2025-10-20--2025-10-27.md",
        "w_1/2025-10-20T12:00:00Z/2025-10-27": "w_1-2025-10-20T12-00-00Z--2025-10-27.md",
    }
    assert {edition: replace(desk, edition=edition).at.path.name for edition in names} == names
    assert desk.at.name == FILE
    elsewhere = place(desk.folder / "elsewhere", desk.folder / "site", "weekly/2025-W49")
    assert elsewhere.name == str(elsewhere.path)


def test_what_is_new_is_added_below_and_not_a_byte_above_is_changed(desk: Desk):
    text = desk.propose().replace("\n", "\r\n").encode()
    desk.write(b"\xef\xbb\xbf" + text)
    desk.articles = [*desk.articles, article("late", day=6)]
    new = desk.read().new(desk.candidates.proposed(desk.composed()))
    assert [verdict.article.title for verdict in new] == ["Late"]
    append(desk.at, addition(new, UTC, NOW))
    after = desk.at.path.read_bytes()
    assert after.startswith(b"\xef\xbb\xbf" + text)
    assert after.count(b"\n") == after.count(b"\r\n")
    assert b"## Left out (new on 2025-12-08 07:00)" in after
    assert "Late" not in str(desk.shape())
    assert "content/late.md" in desk.curation().excluded
    assert desk.read().new(desk.candidates.proposed(desk.composed())) == ()


def test_a_file_without_a_line_feed_at_its_end_can_be_added_to(desk: Desk):
    desk.write(desk.proposal().rstrip("\n"))
    desk.articles = [*desk.articles, article("late", day=6)]
    append(desk.at, addition(desk.read().new(desk.candidates.proposed(desk.composed())), UTC, NOW))
    assert "content/late.md" in desk.curation().excluded


def test_a_file_that_is_there_is_never_overwritten_and_nothing_is_left_beside_it(desk: Desk):
    create(desk.at, "mine")
    with pytest.raises(TryLaterError, match=FILE):
        create(desk.at, "yours")
    assert desk.at.path.read_text(encoding="utf-8") == "mine"
    os.chmod(desk.at.path, 0o640)  # noqa: PTH101 - as a person would
    append(desk.at, "more\n")
    assert stat.S_IMODE(desk.at.path.stat().st_mode) == 0o640
    assert desk.at.path.read_text(encoding="utf-8") == "mine\nmore\n"
    assert list(desk.at.path.parent.iterdir()) == [desk.at.path]


def test_a_title_that_looks_like_the_end_of_one_is_not_cut_also_if_it_is_changed(desk: Desk):
    desk.articles = [article("wages", title="Grades: ** · and *** · explained", author="A ** · 2025-12-01 Writer")]
    desk.propose()
    assert desk.read().articles == tuple(desk.articles)
    desk.change("explained", "told")
    assert desk.read().articles[0].title == "Grades: ** · and *** · told"


def test_a_category_that_is_called_left_out_is_one(desk: Desk):
    desk.articles = [article("wages", category="Left out"), article("cranes", category="Left Out (of sight)")]
    desk.propose()
    assert desk.shape() == {"Left out": ["Wages"], "Left Out (of sight)": ["Cranes"]}
    assert not desk.curation().excluded


# --- round trips -----------------------------------------------------------------------------------------------------

TEXT = st.text(max_size=60)
CATEGORIES = st.sampled_from(
    ["Work", "Travel", "C#", "C++", "# of things", "", "日本", "Left", "Left out", "LEFT OUT (new)", "\\left out"]
)
ODD = st.sampled_from(["**", "** · ", " · ", "** · 2025-12-01", "a", " ", "`", "\\", "*"])


@st.composite
def articles(draw: st.DrawFn) -> list[Article]:
    """Any words, any names of files, some of them without a path."""
    names = draw(
        st.lists(st.text(min_size=1, max_size=20), min_size=1, max_size=8, unique_by=lambda name: name.strip())
    )
    return [
        Article(
            key=f"path:{name}",
            path=draw(st.sampled_from([name, ""])),
            title=tidy(draw(TEXT | st.lists(ODD).map("".join))) or "Title",
            excerpt=tidy(draw(TEXT)),
            author=draw(TEXT | st.lists(ODD).map("".join)),
            category=draw(CATEGORIES),
            published=START + timedelta(minutes=number),
            source=draw(st.sampled_from(["", f"https://example.com/{number}", "https://[broken"])),
        )
        for number, name in enumerate(names)
    ]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(given=articles(), per_section=st.integers(1, 4), smallest=st.integers(1, 3))
def test_whatever_articles_hold_the_file_says_what_it_was_made_of(
    desk: Desk, given: list[Article], per_section: int, smallest: int
):
    desk.articles, desk.rules = given, Rules(minimum=1, per_section=per_section, smallest=smallest)
    desk.propose()
    before, edited = desk.composed(), desk.read()
    after = desk.composed(edited.articles, edited.curation)
    assert after.edition == before.edition
    assert {v.article.key: v.reason for v in after.verdicts} == {v.article.key: v.reason for v in before.verdicts}
    assert edited.new(desk.candidates.proposed(desk.composed())) == ()
