"""``digest init`` where a site has several folders of articles, each with pages of its own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.test_init import configuration, post, run


@pytest.fixture
def sections(tmp_path: Path) -> Path:
    """Three sections, of which two have pages of their own, and dated documentation."""
    (tmp_path / "hugo.toml").write_text(
        'baseURL = "https://www.example.net/"\n[permalinks]\nnews = "/:year/:slug/"\nsport = "/:monthname/:slug/"\n'
    )
    for number in range(4):
        for name in ("news", "recipes", "sport", "docs"):
            post(tmp_path / f"content/{name}/{number}.md")
    return tmp_path


def test_sections_with_pages_of_their_own_are_sources_of_their_own(sections: Path):
    run(sections)
    config = configuration(sections)
    assert config.site.article_url == ""
    base = "https://www.example.net"
    assert [(source.files, source.article_url) for source in config.sources] == [
        (sections / "content/news", f"{base}/{{year}}/{{slug_or_title}}/"),
        (sections / "content/recipes", f"{base}/recipes/{{slug_or_filename}}/"),
        (sections / "content/sport", ""),
    ]
    assert [source.category for source in config.sources] == ["News", "Recipes", "Sport"]
    path = sections / "digest.toml"
    path.write_text(re.sub(r"^# (\w+ = )", r"\1", path.read_text(), flags=re.MULTILINE))
    (sections / "smtp-password").write_text("a password\n")
    assert configuration(sections).sources[2].article_url == f"{base}/sport/{{slug}}"


def test_what_is_in_and_what_is_not_is_said(sections: Path):
    said = run(sections).output.splitlines()
    assert said[0].startswith("Hugo site: 12 articles in content/news, content/recipes, content/sport, 3 categories, ")
    assert said[1].startswith("article_url of content/sport is not written, since Hugo's pages cannot be told: ")
    assert said[2] == "4 more files with a date, in content/docs, are not in: add [[sources]] for what belongs to them"
