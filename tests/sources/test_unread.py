"""What lies beside the articles and is not read is told once for each kind and each link."""

from __future__ import annotations

from pathlib import Path

from digest.sources.unread import unread
from tests.sources.conftest import Content


def told(content: Content) -> list[tuple[str, str]]:
    return [(problem.where, problem.what) for problem in unread(content.folder(base=content.root.parent))]


def test_other_kinds_of_text_are_counted_each_at_its_first_file(content: Content):
    for name in ("b.rst", "a.RST", "deep/c.rst", "d.htm", "article.md", "photo.jpg", "site.js", ".hidden.rst", "none"):
        content.write(name, "text")
    name = content.root.name
    assert told(content) == [
        (f"{name}/d.htm", "1 file of this kind is not read: .htm"),
        (f"{name}/a.RST", "3 files of this kind are not read: .rst"),
    ]


def test_where_no_articles_are_looked_for_nothing_is_missed(content: Content):
    for name in (".drafts/a.rst", "node_modules/README.rst", "deep/_site/a.htm"):
        content.write(name, "text")
    assert told(content) == []


def test_a_link_to_a_folder_elsewhere_is_told(content: Content, tmp_path: Path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "lost.rst").write_text("text")
    content.write("city/a.md", "text")
    (content.root / "more").symlink_to(elsewhere)
    (content.root / "again").symlink_to(content.root / "city")
    assert told(content) == [
        (f"{content.root.name}/more", "is a link to a folder, and links are not followed"),
    ]
