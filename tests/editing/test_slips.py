"""Slips of the hand in an edition's file: a heading, a comment, a line that stands twice; none sends what nobody meant."""

from __future__ import annotations

import pytest

from digest.editing import notation
from tests.editing.conftest import AS_PROPOSED, TOP, Desk, article, line_of


@pytest.mark.parametrize(
    "heading", ["Left out:", "left OUT", "Left-out", "**Left out**", "Left out ##", "Left out (no)"]
)
def test_the_heading_of_what_is_left_out_may_be_written_in_many_ways(desk: Desk, heading: str):
    desk.propose()
    desk.move("Wages", behind="## Left out")
    desk.change("## Left out\n", f"## {heading}\n")
    assert desk.shape() == AS_PROPOSED | {"Work": ["Cranes"]}


@pytest.mark.parametrize("heading", ["Leftout", "Let out", "Left outs", "Left out for now", "Left our"])
def test_a_slip_in_that_heading_sends_nothing(desk: Desk, heading: str):
    desk.propose()
    desk.change("## Left out\n", f"## {heading}\n")
    where = line_of(desk, f"## {heading}")
    assert desk.faults() == (f"line {where}: write ## Left out, or ## \\{heading} if you mean a category of that name",)


@pytest.mark.parametrize("category", ["Left out", "Leftout", "Left out of the box"])
def test_a_category_that_is_called_like_that_is_a_category(desk: Desk, category: str):
    desk.articles = [article("cranes", category=category)]
    desk.propose()
    assert desk.shape() == {category: ["Cranes"]}


def test_a_comment_may_hold_lines_of_the_list(desk: Desk):
    desk.propose()
    desk.change("- **Wages**", "<!-- ask Anna\n- **Wages**")
    desk.change("  All about wages.\n", "  All about wages.\n-->\n")
    assert desk.shape() == AS_PROPOSED | {"Work": ["Cranes"]}


def test_a_comment_that_is_not_closed_before_the_next_begins_is_a_fault(desk: Desk):
    desk.propose()
    desk.change("- **Wages**", "<!-- - **Wages**")
    assert desk.faults() == (f"line {line_of(desk, 'Wages')}: this comment never ends: close it with -->",)


def test_what_stands_behind_a_comment_is_not_lost_without_a_word(desk: Desk):
    desk.propose()
    desk.change("- **Wages**", "<!-- ask Anna --> - **Wages**")
    lost = "what stands behind --> would be lost: write it into a line of its own"
    assert desk.faults() == (f"line {line_of(desk, 'Wages')}: {lost}",)


def test_words_that_only_look_like_the_comment_of_what_was_proposed_mean_nothing(desk: Desk):
    name = notation.mark("content/wages.md")
    desk.write(f"{TOP}\n## Work\n\n- **What <!-- proposed: {name} --> means** `content/cranes.md`\n")
    assert desk.curation().excluded == frozenset()


def test_what_was_copied_up_from_left_out_has_to_be_deleted_there(desk: Desk):
    desk.propose()
    desk.change("## Work\n", "## Work\n\n- `content/shifts.md`\n")
    lines = desk.at.path.read_text(encoding="utf-8").splitlines()
    first, second = (number for number, line in enumerate(lines, start=1) if "`content/shifts.md`" in line)
    fault = f"line {second}: content/shifts.md stands here a second time, after line {first}: delete this line below Left out"
    assert desk.faults() == (fault,)
