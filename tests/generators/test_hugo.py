"""Where Hugo puts the pages of articles: each of these sites was built by Hugo 0.168."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.generators.sites import SITE, page, pages, post, recognised, why, write

BASE = f'baseURL = "{SITE}"\n'


def hugo(site: Path, settings: str = "", *posts: str) -> None:
    write(site / "hugo.toml", BASE + settings)
    for name in posts or ("one.md",):
        post(site / "content/posts" / name)


def test_hugo_s_settings_may_stand_in_files_of_their_own(tmp_path: Path) -> None:
    hugo(tmp_path, '[permalinks]\nposts = "/a/:slug/"\n')
    write(tmp_path / "config/_default/permalinks.toml", 'Posts = "/b/:slug/"\n')
    assert page(tmp_path) == "/b/{slug_or_title}/"
    write(tmp_path / "config/production/permalinks.yaml", "posts: /c/:slug/\n")
    assert page(tmp_path) == "/c/{slug_or_title}/"
    write(tmp_path / "config/_default/languages.toml", "[en]\n[de]\n")
    assert page(tmp_path) == "/{language}/c/{slug_or_title}/"


@pytest.mark.parametrize(
    ("handlers", "named"),
    [
        ('date = [":filename", ":default"]', "slug"),
        ('publishDate = [":fileName"]', "slug"),
        ('date = ["date"]', "slug_or_filename"),
    ],
)
def test_hugo_drops_a_date_from_a_page_where_it_was_taken_from_the_name(
    tmp_path: Path, handlers: str, named: str
) -> None:
    hugo(tmp_path, f"[frontmatter]\n{handlers}\n", "2025-12-01-one.md")
    assert page(tmp_path) == f"/posts/{{{named}}}/"
    hugo(tmp_path, f'[frontmatter]\n{handlers}\n[permalinks]\nposts = "/:slug/"\n')
    assert page(tmp_path) == ("/{slug}/" if named == "slug" else "/{slug_or_title}/")


def test_where_some_dates_only_are_taken_from_names_no_page_of_hugo_s_can_be_told(tmp_path: Path) -> None:
    settings = '[frontmatter]\ndate = ["date", ":filename"]\n'
    hugo(tmp_path, settings)
    assert page(tmp_path) == "/posts/{slug_or_filename}/"
    hugo(tmp_path, settings, "2025-12-01-two.md")
    assert "frontmatter" in why(tmp_path)


LANGUAGES = 'defaultContentLanguage = "en"\n[languages.en]\nweight = 1\n[languages.de]\n'


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (LANGUAGES, "/{language}/posts/{slug_or_filename}/"),
        (f"{LANGUAGES}baseURL = 'https://example.de'\n", "/posts/{slug_or_filename}/"),
        (f"{LANGUAGES}[languages.de.permalinks]\nposts = '/:slug/'\n", "/posts/{slug_or_filename}/"),
        (f"{LANGUAGES}disabled = true\n", "/posts/{slug_or_filename}/"),
        (f"disableLanguages = ['de']\n{LANGUAGES}", "/posts/{slug_or_filename}/"),
        (f"defaultContentLanguageInSubdir = true\n{LANGUAGES}", "/en/posts/{slug_or_filename}/"),
        (f"{LANGUAGES}[languages.en.permalinks]\nposts = '/:year/:slug/'\n", "/{language}/{year}/{slug_or_title}/"),
        ("[uglyURLs]\nposts = true\n", "/posts/{slug_or_filename}.html"),
        ("[uglyURLs]\nnews = true\n", "/posts/{slug_or_filename}/"),
    ],
)
def test_hugo_s_languages_and_ends_are_in_its_pages(tmp_path: Path, settings: str, expected: str) -> None:
    hugo(tmp_path, settings, "one.md", "two.md")
    assert page(tmp_path) == expected


def test_hugo_s_content_may_lie_elsewhere(tmp_path: Path) -> None:
    hugo(tmp_path, 'contentDir = "src/text"\n')
    assert "src/text" in why(tmp_path)
    post(tmp_path / "two/src/text/posts/one.md")
    write(tmp_path / "two/hugo.toml", f'{BASE}contentDir = "src/text"\n')
    assert page(tmp_path / "two") == "/posts/{slug_or_filename}/"
    languages = "[languages.en]\ncontentDir = 'content/en'\n[languages.de]\ncontentDir = 'content/de'\n"
    write(tmp_path / "three/hugo.toml", BASE + languages)
    for language in ("en", "de"):
        post(tmp_path / f"three/content/{language}/posts/one.md")
    assert "content/en" in why(tmp_path / "three")


@pytest.mark.parametrize(
    ("settings", "name", "reason"),
    [
        ("[[module.mounts]]\nsource = 'texts'\ntarget = 'content/posts'\n", "one.md", "module.mounts"),
        ("disablePathToLower = true\n", "One.md", "disablePathToLower"),
        ("removePathAccents = true\n", "été.md", "removePathAccents"),
        ("[[permalinks]]\npattern = '/q/:slug/'\n", "one.md", "permalinks"),
        ("", "what's new, then.md", "'"),
    ],
)
def test_what_makes_other_pages_leaves_them_open(tmp_path: Path, settings: str, name: str, reason: str) -> None:
    hugo(tmp_path, settings, name)
    assert reason in why(tmp_path)


def test_sections_of_hugo_s_with_pages_of_their_own_are_kept_apart(tmp_path: Path) -> None:
    hugo(tmp_path, '[permalinks]\nstories = "/:slug/"\n')
    assert page(tmp_path) == "/posts/{slug_or_filename}/"
    for name in ("stories", "notes", "posts"):
        post(tmp_path / f"two/content/{name}/one.md")
    write(tmp_path / "two/hugo.toml", BASE)
    assert pages(tmp_path / "two") == {"content": "/{folders}/{slug_or_filename}/"}
    own = {f"content/{name}": f"/{name}/{{slug_or_filename}}/" for name in ("notes", "posts", "stories")}
    write(tmp_path / "two/hugo.toml", f'{BASE}[permalinks]\nstories = "/:slug/"\n')
    assert pages(tmp_path / "two") == own | {"content/stories": "/{slug_or_title}/"}
    write(tmp_path / "two/hugo.toml", f'{BASE}[permalinks]\nstories = "/:monthname/:slug/"\n')
    assert pages(tmp_path / "two") == own | {"content/stories": ""}
    assert "monthname" in recognised(tmp_path / "two").sections[-1].untold


def test_where_no_section_of_hugo_s_has_pages_that_can_be_told_they_stay_together(tmp_path: Path) -> None:
    settings = "".join(f'{name} = "/:monthname/:slug/"\n' for name in ("stories", "notes"))
    write(tmp_path / "hugo.toml", f"{BASE}[permalinks]\n{settings}")
    for name in ("stories", "notes"):
        post(tmp_path / f"content/{name}/one.md")
    assert "permalinks" in why(tmp_path)


def test_capital_letters_of_a_slug_are_small_in_hugo_s_pages(tmp_path: Path) -> None:
    hugo(tmp_path)
    post(tmp_path / "content/posts/two.md", "slug: My Slug")
    assert page(tmp_path) == "/posts/{slug_or_filename:lower}/"
