"""What a person changes in an edition's file is what the edition becomes; what cannot be followed is said, line by line."""

from __future__ import annotations

import os
import re
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from digest.editing import Edited, is_held, is_settled, unknown
from digest.editing.place import FILE_MAXIMUM
from digest.editing.reading import TEXT_MAXIMUM
from digest.errors import EditingError
from digest.model import Curation
from tests.editing.conftest import AS_PROPOSED, FILE, NAME, NOW, TOP, Desk, article, line_of

NO_LINE = "this is no section (## Category), no article (- **Title** `path`), and no text of one"


# --- what is honoured --------------------------------------------------------------------------------------------------


def test_without_a_file_the_rules_choose(desk: Desk):
    assert desk.read() == Edited(tuple(desk.articles))


def test_a_file_that_nobody_changed_changes_nothing(desk: Desk):
    desk.propose()
    assert desk.shape() == AS_PROPOSED


def test_the_fields_are_the_words_of_the_edition(desk: Desk):
    desk.propose()
    desk.change('subject: ""', 'subject: "Cranes, and what they lift"')
    desk.change('preheader: ""', "preheader: And ferries")
    desk.change('intro: ""', "intro: |\n  One paragraph.\n\n  Another.\n")
    desk.change("approved: false", "approved: true")
    curation = desk.curation()
    assert curation.subject == "Cranes, and what they lift"
    assert curation.preheader == "And ferries"
    assert curation.intro == "One paragraph.\n\nAnother."
    assert curation.approved
    assert (curation.edition, curation.file) == (NAME, FILE)


def test_lines_and_sections_stand_as_they_are_moved(desk: Desk):
    desk.propose()
    desk.move("Ferries", behind="## Work")
    assert desk.shape() == {"Work": ["Ferries", "Cranes", "Wages"], "Science": ["Tides"]}
    desk.move("Cranes", behind="Tides")
    assert desk.shape() == {"Work": ["Ferries", "Wages"], "Science": ["Tides", "Cranes"]}


def test_the_text_that_a_moved_line_leaves_behind_belongs_to_nobody_else(desk: Desk):
    desk.propose()
    desk.move("Cranes", behind="Tides")
    desk.move("Ferries", behind="Wages")
    edited = desk.read()
    assert {found.title: found.excerpt for found in edited.articles} == {a.title: a.excerpt for a in desk.articles}


def test_a_text_that_was_left_behind_is_nobody_elses_also_when_its_author_has_changed_it_since(desk: Desk):
    desk.propose()
    desk.articles = [
        replace(found, excerpt="All about tall cranes.") if found.title == "Cranes" else found
        for found in desk.articles
    ]
    desk.move("Cranes", behind="Tides")
    desk.move("Ferries", behind="Wages")
    assert {found.title: found.excerpt for found in desk.read().articles} == {a.title: a.excerpt for a in desk.articles}


def test_a_file_whose_marks_stand_for_names_alone_is_read_as_before(desk: Desk):
    desk.propose()
    marks = re.compile(r":[0-9a-f]{8}")
    desk.write(marks.sub("", desk.at.path.read_text(encoding="utf-8")))
    desk.move("Wages", behind="## Left out")
    assert desk.curation().excluded == {"content/wages.md", "content/shifts.md"}


def test_a_new_heading_is_a_new_section_and_one_that_comes_twice_is_one(desk: Desk):
    desk.propose()
    desk.change("## Travel", "## On the water")
    desk.change("## Science", "## work")
    assert desk.shape() == {"Work": ["Cranes", "Wages", "Tides"], "On the water": ["Ferries"]}


def test_what_is_left_out_is_out_and_what_is_moved_up_is_in(desk: Desk):
    desk.propose()
    desk.move("Wages", behind="## Left out")
    desk.move("Shifts", behind="## Science")
    assert desk.shape() == {"Work": ["Cranes"], "Science": ["Shifts", "Tides"], "Travel": ["Ferries"]}
    assert desk.curation().excluded == {"content/wages.md"}


def test_a_line_that_is_deleted_is_out_for_good_and_one_that_never_was_there_is_not(desk: Desk):
    desk.propose()
    desk.change(re.search(r"- \*\*Wages.*\n", desk.proposal())[0], "")  # type: ignore[index]
    desk.articles = [*desk.articles, article("late", day=6)]
    curation = desk.curation()
    assert desk.shape() == AS_PROPOSED | {"Work": ["Cranes"]}
    assert curation.excluded == {"content/wages.md", "content/shifts.md"}
    verdicts = {v.article.title: v for v in desk.composed(desk.read().articles, curation).verdicts}
    assert verdicts["Late"].reason == f"not in the list of {FILE}"
    assert not verdicts["Late"].considered
    assert verdicts["Wages"].considered


def test_titles_and_texts_are_as_the_file_has_them(desk: Desk):
    desk.propose()
    desk.change("**Cranes**", "**Cranes * of the `quay`**")
    desk.change("  All about wages.", "  What is paid,\n  and to whom.")
    desk.change("  All about tides.\n", "")
    words = {found.path or found.key: (found.title, found.excerpt) for found in desk.read().articles}
    assert words["content/cranes.md"] == ("Cranes * of the `quay`", "All about cranes.")
    assert words["content/wages.md"] == ("Wages", "What is paid, and to whom.")
    assert words["news.example.com/tides?id=7"] == ("Tides", "All about tides.")
    assert words["content/ferries.md"] == ("Ferries", "- It begins like a list.")


def test_a_line_of_ones_own_needs_no_more_than_the_path(desk: Desk):
    desk.write(f"{TOP}\n## Work\n\n1. `content/wages.md`\n* `path:content/cranes.md`\n")
    assert desk.shape() == {"Work": ["Wages", "Cranes"]}


def test_order_pinned_and_excluded_hold_over_the_list(desk: Desk):
    desk.propose()
    desk.change("order: []", "order: [travel, Science]")
    desk.change("pinned: []", "pinned:\n  - content/wages.md")
    desk.change("excluded: []", "excluded: news.example.com/tides?id=7")
    assert desk.shape() == {"Travel": ["Ferries"], "Work": ["Wages", "Cranes"]}


def test_without_a_list_the_rules_choose_and_the_fields_hold(desk: Desk):
    desk.write(
        f"---\nedition: {NAME}\npinned: [content/shifts.md]\nexcluded: [content/cranes.md]\norder: [Travel]\n---\n"
    )
    assert desk.shape() == {"Travel": ["Ferries"], "Work": ["Shifts", "Wages"], "Science": ["Tides"]}
    assert desk.read().new(desk.candidates.proposed(desk.composed())) == ()


def test_a_list_without_an_article_is_an_edition_without_one(desk: Desk):
    desk.write(f"{TOP}\n## Left out\n")
    edited = desk.read()
    composition = desk.composed(edited.articles, edited.curation)
    assert not composition.edition.articles
    assert not composition.enough


def test_an_older_article_may_be_brought_back_by_its_path(desk: Desk):
    desk.articles = [*desk.articles, article("harbour", day=-20)]
    desk.propose()
    desk.change("## Travel\n", "## Travel\n\n- `content/harbour.md`\n")
    assert desk.shape()["Travel"] == ["Harbour", "Ferries"]


def test_a_draft_that_was_left_out_is_not_left_out_for_good(desk: Desk):
    desk.propose()
    desk.change("## Left out\n", "## Left out\n\n- `content/quays.md`\n")
    assert desk.curation().excluded == {"content/shifts.md"}


def test_any_line_ends_and_a_mark_of_the_byte_order_are_fine(desk: Desk):
    for ends in ("\r\n", "\r"):
        desk.write(b"\xef\xbb\xbf" + desk.proposal().replace("\n", ends).encode())
        assert desk.shape() == AS_PROPOSED


# --- what is not followed, and why ------------------------------------------------------------------------------------


def test_all_faults_are_told_at_once_each_with_its_line(desk: Desk):
    desk.propose()
    desk.change('subject: ""', 'subjet: "A letter is missing"')
    desk.change("approved: false", "approved: perhaps")
    desk.change("`content/wages.md`", "`content/wage.md`")
    desk.change("`content/ferries.md`", "`content/cranes.md`")
    desk.change("**Tides**", "Tides")
    first = line_of(desk, "**Cranes**")
    assert desk.faults() == (
        "line 3: there is no field 'subjet'; did you mean subject?",
        "line 9: approved has to be true or false, and is 'perhaps'",
        f"line {line_of(desk, 'wage.md')}: there is no article content/wage.md this time; did you mean content/wages.md?",
        f"line {line_of(desk, 'Tides')}: the title has to stand between two pairs of asterisks: - **Title** `path`",
        f"line {line_of(desk, 'Ferries')}: content/cranes.md stands here a second time, after line {first}",
    )


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"draft": True}, "is a draft"),
        ({"hidden": True}, "is hidden"),
        ({"expires": NOW}, "expired on 2025-12-08"),
        ({"published": NOW + timedelta(days=1)}, "is dated in the future (2025-12-09)"),
        ({"path": "content/told.md"}, "had its turn in edition weekly/2025-W48"),
    ],
)
def test_an_article_that_may_not_be_in_it_is_named_with_the_reason(desk: Desk, changes: dict[str, object], why: str):
    desk.placed = {"content/told.md": "weekly/2025-W48"}
    changed = replace(article("wages"), **changes)
    desk.articles = [changed]
    desk.write(f"---\nedition: {NAME}\npinned:\n  - {changed.path}\n---\n\n## Work\n\n- `{changed.path}`\n")
    assert desk.faults() == (f"line 4: {changed.path} {why}", f"line 9: {changed.path} {why}")


def test_the_day_in_a_fault_is_the_one_of_the_digests_own_zone(desk: Desk):
    desk.zone = ZoneInfo("Pacific/Auckland")
    desk.articles = [article("wages", published=datetime(2025, 12, 9, 12, tzinfo=UTC))]
    desk.write(f"{TOP}\n## Work\n\n- `content/wages.md`\n")
    assert desk.faults() == ("line 7: content/wages.md is dated in the future (2025-12-10)",)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "line 1: no edition is named: begin with a line ---, and then edition: weekly/2025-W49"),
        (
            "---\nedition: weekly/2025-W48\n---\n",
            "line 2: this names the edition weekly/2025-W48, and the file is that of weekly/2025-W49",
        ),
        (f"---\nedition: {NAME}\nsubject: [a, b]\n---\n", "line 3: subject has to be a text; put it into quotes"),
        (f"---\nedition: {NAME}\nsubject: {'x' * 301}\n---\n", "line 3: subject has more than 300 characters"),
        (f"---\nedition: {NAME}\nintro: {'x' * 5001}\n---\n", "line 3: intro has more than 5,000 characters"),
        (
            f"---\nedition: {NAME}\npinned:\n  a: b\n---\n",
            "line 3: pinned has to be a list of texts: [one, another]",
        ),
        (
            f"---\nedition: {NAME}\norder: [Works]\n---\n",
            "line 3: there is no category 'Works' this time; did you mean Work?",
        ),
        (
            f"---\nedition: {NAME}\nexcluded:\n- content/none.md\n---\n",
            "line 4: there is no article content/none.md this time; did you mean content/cranes.md?",
        ),
        (
            f"---\nedition: {NAME}\npinned: content/wages.md\n---\n## Work\n",
            "line 3: content/wages.md is pinned, and in no section of the list",
        ),
        (f"{TOP}# Work\n", "line 4: a section begins with two signs: ## and its category"),
        (f"{TOP}##\n", "line 4: this section has no name: write its category behind ##"),
        (f"{TOP}## {'x' * 101}\n", "line 4: this category has more than 100 characters"),
        (
            f"{TOP}- `content/wages.md`\n",
            "line 4: this stands before the first section: begin one with ## and its category",
        ),
        (
            f"{TOP}## Work\n- Wages\n",
            "line 5: this line names no article: its path or key has to end it, between backticks",
        ),
        (
            f"{TOP}## Work\nSome words\n",
            f"line 5: {NO_LINE}",
        ),
        (
            f"{TOP}## Work\n- `content/wages.md`\nSome words\n",
            f"line 6: {NO_LINE}: indent that by two spaces",
        ),
        (f"{TOP}## Work\n  Some words\n", "line 5: this text stands below no article"),
        (f"{TOP}## Work\n<!-- here\n", "line 5: this comment never ends: close it with -->"),
        (f"{TOP}## Work\n- **{'x' * 301}** `content/wages.md`\n", "line 5: this title has more than 300 characters"),
        (
            f"{TOP}## Work\n- `content/wages.md`\n  {'x' * (TEXT_MAXIMUM + 1)}\n",
            f"line 5: the text below this line has more than {TEXT_MAXIMUM:,} characters",
        ),
        (f"{TOP}## Work\n- **{'x' * 10_001}\n", "line 5: this line has more than 10,000 characters"),
    ],
)
def test_each_fault_says_where_it_is_and_what_is_meant(desk: Desk, text: str, fault: str):
    desk.write(text)
    assert desk.faults() == (fault,)


def test_broken_fields_are_told_with_their_line(desk: Desk):
    desk.write(f"---\nedition: {NAME}\nsubject: 'never closed\n---\n")
    assert re.match(r"line \d: ", desk.faults()[0])
    desk.write(f"---\nedition: {NAME}\nsubject: The week: cranes\n---\n")
    hint = "a value that holds a colon, a quote or a # has to stand in quotes"
    assert desk.faults() == (f"line 3: mapping values are not allowed in this context ({hint})",)


def test_what_is_no_text_or_too_much_of_it_is_said(desk: Desk):
    desk.write(TOP.encode() + b"\xff\xfe\n")
    assert desk.faults() == ("line 4: this is not UTF-8; save the file as UTF-8",)
    desk.write(b"x" * (FILE_MAXIMUM + 1))
    assert desk.faults() == ("it has more than 1,000,000 bytes",)
    desk.at.path.unlink()
    desk.at.path.mkdir()
    assert desk.faults()[0].startswith("it cannot be read: ")


def test_of_very_many_faults_the_first_are_told_and_how_many_more(desk: Desk):
    desk.write(f"{TOP}## Work\n" + "- `content/nothing.md`\n" * 10_000)
    faults = desk.faults()
    assert len(faults) == 21
    assert faults[-1] == "and 9,980 more"


@pytest.mark.parametrize(
    ("text", "approved"),
    [
        (f"---\nedition: {NAME}\napproved: true\n---\n", True),
        (f"---\nedition: {NAME}\napproved: Yes\n---\n## broken\nby far", True),
        (f"---\nedition: {NAME}\napproved: false\n---\n", False),
        (f"---\nedition: {NAME}\napproved: [true]\n---\n", False),
        (f"---\nedition: {NAME}\n---\napproved: true\n", False),
        ("approved: true", False),
        ("---\n'", False),
    ],
)
def test_approval_is_seen_at_a_glance(desk: Desk, text: str, approved: bool):
    assert is_held(desk.at)
    desk.write(text)
    assert is_held(desk.at) is not approved


@pytest.mark.parametrize(
    "data", [f"{TOP}# Caf\u00e9".encode("latin-1"), TOP.encode("utf-16"), b"x" * (FILE_MAXIMUM + 1)]
)
def test_what_cannot_be_read_is_not_held_in_silence_and_not_taken_while_it_is_being_saved(desk: Desk, data: bytes):
    desk.write(data)
    assert not is_held(desk.at)
    assert not is_settled(desk.at)
    then = time.time() - 3
    os.utime(desk.at.path, (then, then))
    assert is_settled(desk.at)


@pytest.mark.parametrize(
    ("text", "age", "settled"),
    [
        ("whole", 0, True),
        ("half", 0, False),
        ("half", 1, False),
        ("half", 3, True),
        ("half", -3600, True),
        ("without a list", 0, False),
        ("without a list", 3, True),
    ],
)
def test_a_file_that_is_just_being_saved_waits_a_moment(desk: Desk, text: str, age: int, settled: bool):
    assert is_settled(desk.at)
    proposal = desk.proposal()
    whole = f"{proposal}\n## Left out (new)\n\n<!-- proposed:\n1234abcd\n-->\n\n"
    desk.write({"whole": whole, "half": proposal[:-40], "without a list": TOP}[text])
    then = time.time() - age
    os.utime(desk.at.path, (then, then))
    assert is_settled(desk.at) is settled


def test_what_the_file_names_and_nobody_knows_is_found_however_broken_it_is(desk: Desk):
    assert unknown(desk.at, desk.candidates) == frozenset()
    desk.write(
        f"---\nedition: {NAME}\npinned: [a.md]\nexcluded: b.md\n---\nWords\n## Work\n- `c.md`\n- `content/wages.md`\n"
    )
    assert unknown(desk.at, desk.candidates) == {"a.md", "b.md", "c.md"}
    desk.write(b"\xff")
    assert unknown(desk.at, desk.candidates) == frozenset()
    desk.write("---\nedition: 'never closed\n---\n")
    assert unknown(desk.at, desk.candidates) == frozenset()


# --- anything at all ---------------------------------------------------------------------------------------------------

PIECES = st.sampled_from(
    [
        *("---\n", f"edition: {NAME}\n", "approved: true\n", "pinned: [", "order:\n  - Work\n", "subject: x\n"),
        *("## Work\n", "## Left out\n", "# \n", "- **", "** · ", "` `", "`content/wages.md`\n", "content/cranes.md"),
        *("- `content/wages.md`\n", "  text\n", "<!--", "-->\n", "<!-- proposed: 1 -->\n", "\n", "\\", "\t", "&a *a"),
    ]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.one_of(st.binary(), st.text().map(str.encode), st.lists(PIECES).map("".join).map(str.encode)))
@example(f"{TOP}## Work\n- `content/wages.md`\n".encode())
def test_any_file_is_followed_or_refused(desk: Desk, data: bytes):
    desk.write(data)
    is_held(desk.at)
    try:
        edited = desk.read()
    except EditingError:
        return
    assert isinstance(edited.curation, Curation)
    desk.composed(edited.articles, edited.curation)
