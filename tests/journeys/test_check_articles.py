"""``digest check --articles``: what is wrong with the articles, told to people, programs and GitHub."""

from __future__ import annotations

import json
from typing import Any

import pytest

from digest.cli.linting import annotation
from digest.linting import Finding, Level, Rule
from tests.fetching.web import Web, http
from tests.journeys.conftest import Site, article
from tests.journeys.steps import configure


def spoil(site: Site) -> None:
    """One article without a date, one whose title shouts, one whose section page is none."""
    site.write("undated.md", "---\ntitle: No date\n---\n\nText.\n")
    site.write("loud.md", article("THE FERRY IS BACK", "2025-12-03"))
    site.write("city/_index.md", "---\ntitle: City\n---\n")


def told(site: Site, *words: str) -> tuple[int, list[dict[str, Any]]]:
    result = site.run("check", "--articles", "--json", *words)
    found = [json.loads(line) for line in result.stdout.splitlines()]
    return result.exit_code, [one for one in found if one["kind"] != "nearly-empty"]  # which the sample articles are


def test_a_site_that_is_well_is_told_so(site: Site) -> None:
    result = site.run("check", "--articles", "--strict")
    assert result.exit_code == 0, result.output
    assert told(site) == (0, [])
    assert "4 articles read, 0 drafts among them: 0 errors, 0 warnings, " in result.stderr


def test_what_is_wrong_is_told_by_kind_with_what_to_do(site: Site) -> None:
    spoil(site)
    result = site.run("check", "--articles")
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert lines[0] == "error  date  1  (write dates as 2025-12-03 or 2025-12-03T07:00:00+01:00)"
    assert lines[1] == "content/undated.md: date: has no date"
    assert "content/loud.md: title-capitals: the title is all in capitals: THE FERRY IS BACK" in lines
    levels = [line.split()[0] for line in lines if line.startswith(("error", "warning", "notice"))]
    assert list(dict.fromkeys(levels)) == ["error", "warning", "notice"]


def test_programs_get_a_line_for_each(site: Site) -> None:
    spoil(site)
    code, found = told(site)
    assert code == 1
    assert [(one["path"], one["kind"], one["level"]) for one in found] == [
        ("content/undated.md", "date", "error"),
        ("content/loud.md", "title-capitals", "warning"),
        ("content/city/_index.md", "passed-over", "notice"),
    ]
    assert all(one["hint"] for one in found)


@pytest.mark.parametrize(
    ("named", "words", "code"),
    [
        (["loud.md"], [], 0),
        (["loud.md"], ["--strict"], 1),
        (["city"], ["--strict"], 0),
        (["undated.md", "loud.md"], [], 1),
    ],
)
def test_files_and_folders_can_be_named(site: Site, named: list[str], words: list[str], code: int) -> None:
    spoil(site)
    got, found = told(site, *words, *(str(site.folder / "content" / name) for name in named))
    assert got == code
    assert len(found) == len(named)


@pytest.mark.parametrize("path", ["/etc/passwd", "digest.toml", "other"])
def test_a_path_that_is_in_no_source_is_refused(site: Site, path: str) -> None:
    spoil(site)
    (site.folder / "other").mkdir()
    result = site.run("check", "--articles", str(site.folder / path))
    assert result.exit_code == 2
    assert f"{site.folder / path} is in no folder of articles" in result.stderr
    assert "content" in result.stderr


def test_a_folder_above_the_articles_names_them_all(site: Site) -> None:
    spoil(site)
    assert told(site, str(site.folder)) == told(site)


def test_a_folder_is_found_by_its_own_name_and_by_a_link_to_it(site: Site) -> None:
    spoil(site)
    (site.folder / "content").rename(site.folder / "real")
    (site.folder / "content").symlink_to(site.folder / "real")
    everything = told(site)
    assert everything[0] == 1
    for name in ("real", "content"):
        assert told(site, str(site.folder / name)) == everything
        assert told(site, str(site.folder / name / "undated.md"))[0] == 1


@pytest.mark.parametrize("name", ["Cafe\u0301.md", "Caf\u00e9.md", "odd\u202ename.md", "new\nline.md"])
def test_a_file_is_found_however_its_name_is_spelled(site: Site, name: str) -> None:
    site.write(name, "---\ntitle: No date\n---\n\nText.\n")
    code, found = told(site, str(site.folder / "content" / name))
    assert code == 1
    assert [one["kind"] for one in found] == ["date"]


def test_a_path_without_an_article_is_told_to_be_one(site: Site) -> None:
    spoil(site)
    (site.folder / "content" / "empty").mkdir()
    result = site.run("check", "--articles", str(site.folder / "content" / "empty"))
    assert result.exit_code == 0
    assert "content/empty: no article is read there" in result.stderr
    assert "no article is read" not in site.run("check", "--articles", str(site.folder / "content")).stderr


def test_what_is_not_read_is_told(site: Site) -> None:
    site.write("notes.rst", "Notes")
    (site.folder / "elsewhere").mkdir()
    (site.folder / "content" / "more").symlink_to(site.folder / "elsewhere")
    code, found = told(site)
    assert code == 0
    assert [(one["path"], one["kind"]) for one in found] == [
        ("content/more", "passed-over"),
        ("content/notes.rst", "passed-over"),
    ]


def test_where_nothing_is_read_at_all_nothing_is_well(site: Site) -> None:
    for path in (site.folder / "content").iterdir():
        path.unlink()
    code, found = told(site)
    assert code == 1
    assert [(one["kind"], one["what"]) for one in found] == [("other", "there is no article in it")]


def with_feed(site: Site, web: Web, path: str) -> None:
    feed = web.url(path, host="127.0.0.1")
    private = "[feeds]\nallow_private = true"
    configure(site, "[[sources]]", f'[[sources]]\nfeed = "{feed}"\n\n{private}\n\n[[sources]]')


def test_a_feed_that_cannot_be_had_is_told_and_remembered_nowhere(site: Site) -> None:
    with http() as web:
        with_feed(site, web, "/gone.xml")
        code, found = told(site)
    assert code == 1
    assert [one["kind"] for one in found] == ["feed"]
    assert found[0]["path"].endswith("/gone.xml")
    assert not (site.folder / "digest.db").exists()


def test_a_feed_is_asked_before_it_is_read(site: Site) -> None:
    entry = "<item><title>Gulls</title><link>https://gulls.example.org/1</link></item>"
    with http() as web:
        web.put("/feed.xml", f"<rss version='2.0'><channel>{entry}</channel></rss>".encode(), media_type="text/xml")
        with_feed(site, web, "/feed.xml")
        result = site.run("check", "--articles")
    assert result.exit_code == 0, result.output
    assert "5 articles read" in result.stderr


def test_dates_are_those_of_the_site_and_a_language_is_told_as_a_tag(site: Site) -> None:
    configure(site, "[site]", '[site]\ntimezone = "Asia/Tokyo"\nlanguage = "en"')
    site.write("late.md", article("Late", "2025-12-20T20:00:00Z", lang="it"))
    said = [one["what"] for one in told(site)[1]]
    assert said == ["is dated 2025-12-21", "is in the language `it`, and no digest takes that"]


def test_many_findings_of_a_kind_are_counted(site: Site) -> None:
    for number in range(9):
        site.write(f"{number}.md", article(f"THE FERRY IS BACK {number}", "2025-12-03"))
    result = site.run("check", "--articles")
    assert "… and 4 more; -v shows all" in result.stdout
    assert site.run("check", "--articles", "-v").stdout.count(": title-capitals: ") == 9


def test_the_worst_files_are_told_first_those_with_errors_before_those_with_many_warnings(site: Site) -> None:
    site.write("worst.md", article("FISH &AMP; CHIPS ARE HERE...", "2025-12-03", excerpt="It&#38;#39;s here."))
    site.write("zero.md", "---\ntitle: No date\n---\n\nText.\n")
    lines = site.run("check", "--articles").stdout.splitlines()
    assert lines[:2] == ["the worst files", "content/zero.md: 1 error"]
    assert lines[2].startswith("content/worst.md: 3 warnings")
    assert lines[lines.index("") + 1].startswith("error  date  1")


def test_github_shows_each_beside_its_line(site: Site) -> None:
    site.write("broken.md", "---\ntitle: [\n---\n")
    result = site.run("check", "--articles", "--format", "github")
    assert result.exit_code == 1
    assert result.stdout.startswith("::error file=content/broken.md,line=3,title=front-matter::")


def test_what_has_a_meaning_for_github_is_escaped() -> None:
    finding = Finding(Rule("date", Level.NOTICE, "do it"), "a,b:c%.md", "100%\r\nodd: a,b", 7)
    assert annotation(finding) == "::notice file=a%2Cb%3Ac%25.md,line=7,title=date::100%25%0D%0Aodd: a,b (do it)"


@pytest.mark.parametrize(
    "words",
    [
        ["--strict"],
        ["--format", "github"],
        ["--articles", "--email"],
        ["--articles", "--deliverability"],
        ["--articles", "--online"],
        ["--articles", "--digest", "weekly"],
    ],
)
def test_options_that_do_not_go_together_are_refused(site: Site, words: list[str]) -> None:
    result = site.run("check", *words)
    assert result.exit_code == 2
    assert "hint: " in result.stderr


def test_looking_at_the_articles_changes_nothing(site: Site) -> None:
    before = sorted(path.name for path in site.folder.rglob("*"))
    site.run("check", "--articles")
    assert sorted(path.name for path in site.folder.rglob("*")) == before
