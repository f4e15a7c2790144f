"""``digest edit`` on a real site: what is written, what a person makes of it, and what is sent in the end."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from digest.web.studio import Choice, Press
from tests.journeys.conftest import MONDAY, PostOffice, Site, article
from tests.journeys.steps import Time, body, configure, opened, subscribe

NAME = "editions/weekly-2025-W49.md"
FIRST = "first@example.org"


def file(site: Site) -> Path:
    return site.folder / NAME


def edit(site: Site, *words: str, now: str = MONDAY) -> str:
    result = site.run("edit", *words, now=now)
    assert result.exit_code == 0, result.output
    return result.stderr


def change(site: Site, old: str, new: str) -> None:
    text = file(site).read_text(encoding="utf-8")
    assert text.count(old) == 1, text
    file(site).write_text(text.replace(old, new), encoding="utf-8")


def line(site: Site, words: str) -> str:
    lines = file(site).read_text(encoding="utf-8").splitlines(keepends=True)
    [found] = [line for line in lines if words in line]
    return found


def facts(site: Site, now: str = MONDAY) -> dict[str, Any]:
    return {fact["title"]: fact for fact in site.lines("articles", now=now)}


def files_of(site: Site) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in site.folder.rglob("*") if path.is_file()}


def test_the_list_is_written_once_and_its_path_told(site: Site) -> None:
    result = site.run("edit")
    assert result.exit_code == 0, result.output
    assert result.stdout == f"{file(site)}\n"
    assert "weekly/2025-W49: 4 articles in 3 sections" in result.stderr
    text = file(site).read_text(encoding="utf-8")
    assert "- **Tides** · 2025-12-03 · news.example.com `content/tides.md`\n  All about Tides.\n" in text
    assert "nothing is new" in edit(site)
    assert file(site).read_text(encoding="utf-8") == text
    assert list(file(site).parent.iterdir()) == [file(site)]


def test_what_is_printed_is_what_would_be_written_and_nothing_is(site: Site) -> None:
    before = files_of(site)
    printed = site.run("edit", "--print").stdout
    assert files_of(site) == before
    edit(site)
    assert file(site).read_text(encoding="utf-8") == printed.removesuffix("\n")
    site.write("late.md", article("Late", "2025-12-05"))
    before = files_of(site)
    printed = site.run("edit", "--print").stdout
    assert files_of(site) == before
    edit(site)
    assert file(site).read_text(encoding="utf-8") == printed.removesuffix("\n")


def test_what_a_person_changes_is_previewed_told_and_sent(site: Site, post_office: PostOffice) -> None:
    subscribe(site)
    edit(site)
    change(site, 'subject: ""', 'subject: "Ferries first"')
    change(site, 'intro: ""', 'intro: "A quiet week."')
    change(site, "**Cranes**", "**Cranes, seen from below**")
    change(site, "All about Wages.", "What the quay pays.")
    change(site, "## Travel", "## On the water")
    change(site, line(site, "**Tides**"), "")
    out = site.folder / "out"
    assert site.run("preview", "--out", str(out), "--no-screenshots").exit_code == 0
    previewed = next(out.glob("*.txt")).read_text(encoding="utf-8")
    assert site.run("send", "--yes").exit_code == 0
    mail = opened(post_office.message_for(FIRST))
    text = body(mail, "plain")
    assert mail["Subject"] == "Ferries first"
    for words in ("A quiet week.", "Cranes, seen from below", "What the quay pays.", "On the water", "Ferries"):
        assert words.casefold() in text.casefold()
        assert words.casefold() in previewed.casefold()
    assert "Tides" not in text
    told = facts(site)
    assert not told["Tides"]["in"]
    assert told["Cranes"]["in"]


def test_what_was_deleted_or_left_out_is_in_no_later_edition_and_what_came_after_the_list_is(site: Site) -> None:
    subscribe(site)
    edit(site)
    change(site, line(site, "**Tides**"), "")
    site.write("late.md", article("Late", "2025-12-05"))
    assert NAME in facts(site)["Tides"]["reason"]
    assert NAME in facts(site)["Late"]["reason"]
    assert site.run("send", "--yes").exit_code == 0
    for number in range(3):
        site.write(f"next{number}.md", article(f"Next {number}", "2025-12-09"))
    next_monday = "2025-12-15T08:00:00+00:00"
    edit(site, now=next_monday)
    text = (site.folder / "editions" / "weekly-2025-W50.md").read_text(encoding="utf-8")
    assert "content/late.md" in text
    assert "content/tides.md" not in text


def test_what_comes_later_is_added_below_and_can_be_moved_up(site: Site) -> None:
    edit(site)
    change(site, "## Science", "## Sea")
    before = file(site).read_text(encoding="utf-8")
    site.write("late.md", article("Late", "2025-12-05"))
    assert "what is new was added" in edit(site)
    assert file(site).read_text(encoding="utf-8").startswith(before)
    assert not facts(site)["Late"]["in"]
    late = line(site, "**Late**")
    change(site, late, "")
    change(site, "## Sea\n", f"## Sea\n\n{late}")
    assert facts(site)["Late"]["reason"] == "Sea, 1st of 2"


def test_a_file_that_cannot_be_followed_stops_everything_but_a_look_at_what_was_frozen(
    site: Site, post_office: PostOffice
) -> None:
    subscribe(site)
    edit(site)
    good = file(site).read_bytes()
    change(site, "`content/tides.md`", "`content/tide.md`")
    for words in (("send", "--yes"), ("preview",), ("articles",), ("edit",), ("send", "--test", FIRST)):
        result = site.run(*words)
        assert result.exit_code == 1, words
        assert f"{NAME} cannot be followed:" in result.stderr
        assert "there is no article content/tide.md this time; did you mean content/tides.md?" in result.stderr
    assert not post_office.messages
    file(site).write_bytes(good)
    assert site.run("send", "--yes").exit_code == 0
    change(site, "`content/tides.md`", "`content/tide.md`")
    assert all(fact["in"] for fact in site.lines("articles"))
    assert site.run("preview").exit_code == 0


def test_what_was_frozen_is_not_edited_any_more(site: Site) -> None:
    subscribe(site)
    assert site.run("send", "--yes").exit_code == 0
    result = site.run("edit")
    assert result.exit_code == 1
    assert "weekly/2025-W49 was frozen on 2025-12-08 08:00 UTC" in result.stderr
    assert not file(site).exists()


def test_once_it_is_frozen_the_file_has_no_say_any_more(site: Site) -> None:
    subscribe(site)
    edit(site)
    assert site.run("send", "--yes").exit_code == 0
    before = site.lines("articles")
    for old, new in (
        ("**Cranes**", "**Cranes, seen from below**"),
        ("## Travel", "## Elsewhere"),
        (line(site, "**Tides**"), ""),
    ):
        change(site, old, new)
    assert site.lines("articles") == before


def test_what_would_be_out_anyway_keeps_its_reason_in_a_file_that_nobody_has_changed(site: Site) -> None:
    configure(site, "[digests.weekly]", '[digests.weekly]\nrequire = ["source"]\nper_section = 1')
    site.write("sourceless.md", article("Sourceless", "2025-12-03").replace("source:", "nothing:"))
    site.write("again.md", article("Tides", "2025-12-02"))
    before = facts(site)
    assert {"has no source", "over 1 in Work"} <= {fact["reason"] for fact in before.values()}
    edit(site)
    assert facts(site) == before


def test_an_article_of_any_age_can_be_named_by_its_path(site: Site) -> None:
    site.write("harbour.md", article("Harbour", "2024-03-01"))
    edit(site)
    assert "Harbour" not in facts(site)
    change(site, "## Science\n", "## Science\n\n- `content/harbour.md`\n")
    assert facts(site)["Harbour"]["in"]
    assert "weekly/2025-W49: 5 articles in 3 sections" in edit(site)


def test_a_period_without_articles_gets_no_file(site: Site) -> None:
    result = site.run("edit", "--period", "2025-W30")
    assert result.exit_code == 75
    assert "weekly/2025-W30: there are no articles for it" in result.stderr
    assert not file(site).parent.exists()


def test_any_window_has_a_file_of_its_own(site: Site) -> None:
    edit(site, "--period", "2025-12-02/2025-12-04")
    [made] = file(site).parent.iterdir()
    assert made.name == "weekly-2025-12-02--2025-12-04.md"
    assert "Ferries" in made.read_text(encoding="utf-8")


def test_an_edition_that_the_list_empties_is_too_few(site: Site) -> None:
    subscribe(site)
    edit(site)
    text = file(site).read_text(encoding="utf-8")
    file(site).write_text(text.partition("\n## ")[0] + "\n## Left out\n", encoding="utf-8")
    assert site.run("send", "--yes").exit_code == 75


def test_the_folder_is_the_one_that_is_configured(site: Site) -> None:
    configure(site, "[[sources]]", 'editions = "desk"\n\n[[sources]]')
    edit(site)
    assert (site.folder / "desk" / "weekly-2025-W49.md").is_file()


def test_a_file_among_the_articles_would_be_taken_for_one_and_is_not_written(site: Site) -> None:
    configure(site, 'files = "content"', 'files = "."')
    result = site.run("edit")
    assert result.exit_code == 1
    assert f"{NAME} would lie among the articles in {site.folder}" in result.stderr
    configure(site, "[[sources]]", 'editions = ".editions"\n\n[[sources]]')
    edit(site)
    assert [fact["title"] for fact in site.lines("articles")] == ["Wages", "Cranes", "Tides", "Ferries"]


# --- the editor's own program -----------------------------------------------------------------------------------------


def test_without_a_terminal_nothing_can_be_opened(site: Site) -> None:
    assert site.run("edit", "--open").exit_code == 2
    assert site.run("edit", "--open", "--print").exit_code == 2
    assert not file(site).exists()


def on_a_terminal(site: Site, program: str) -> subprocess.CompletedProcess[str]:
    """``digest edit --open`` with a program that a line of Python stands in for."""
    script = site.folder / "editor.py"
    script.write_text(f"import pathlib, sys\nfile = pathlib.Path(sys.argv[1])\n{program}\n", encoding="utf-8")
    ours, theirs = pty.openpty()
    try:
        return subprocess.run(
            [sys.executable, "-m", "digest", "edit", "--open", "-c", str(site.folder / "digest.toml"), "--now", MONDAY],
            stdin=theirs,
            capture_output=True,
            text=True,
            check=False,
            env=os.environ | {"VISUAL": f"{sys.executable} {script}"},
        )
    finally:
        os.close(ours)
        os.close(theirs)


def test_the_editor_s_program_is_opened_and_what_was_written_there_is_told(site: Site) -> None:
    result = on_a_terminal(site, "file.write_text(file.read_text().replace('approved: false', 'approved: true'))")
    assert result.returncode == 0, result.stderr
    assert "weekly/2025-W49: 4 articles in 3 sections, approved" in result.stderr
    broken = on_a_terminal(site, "file.write_text(file.read_text().replace('## ', '# '))")
    assert broken.returncode == 1
    assert "a section begins with two signs" in broken.stderr
    mended = on_a_terminal(site, "file.write_text(file.read_text().replace('# ', '## '))")
    assert mended.returncode == 0, mended.stderr
    assert "a section begins with two signs" in mended.stderr


# --- the live preview ---------------------------------------------------------------------------------------------------


def test_a_look_follows_the_file_and_writes_nothing(site: Site) -> None:
    edit(site)
    before = files_of(site)
    press = Press(site.folder / "digest.toml", Time(MONDAY))
    sheet = press.look(Choice())
    assert sheet.print
    assert sheet.print.mail
    change(site, "**Cranes**", "**Cranes, seen from below**")
    press.changed([file(site)])
    sheet = press.look(Choice())
    assert sheet.print
    assert sheet.print.mail
    assert "Cranes, seen from below" in sheet.print.mail.page
    file(site).write_text("no list at all", encoding="utf-8")
    press.changed([file(site)])
    fault = press.look(Choice()).fault
    assert fault
    assert NAME in fault.message
    assert files_of(site).keys() == before.keys()


@pytest.mark.parametrize("folder", ["editions", "desk"])
def test_the_folder_of_the_files_is_watched(site: Site, folder: str) -> None:
    from digest.web.studio.watching import places

    configure(site, "[[sources]]", f'editions = "{folder}"\n\n[[sources]]')
    assert site.folder / folder in places(site.folder / "digest.toml").folders
