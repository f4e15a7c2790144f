"""Recognising a site: which generator makes it, where its articles are, and what it tells about them.

A guess that somebody will read: it is printed, written down in ``digest.toml``, and easy to correct there.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from digest.generators.generator import CATEGORY_PAGE, Facts, Generator, Habits
from digest.generators.hugo import HUGO
from digest.generators.jekyll import JEKYLL
from digest.generators.mkdocs import MKDOCS
from digest.generators.pelican import PELICAN
from digest.generators.posts import SKIPPED, Post, kinds, posts, spoken
from digest.generators.quarto import QUARTO
from digest.generators.scripted import ASTRO, DOCUSAURUS, ELEVENTY, GATSBY, NEXT, package
from digest.generators.scripts import likely
from digest.generators.zola import ZOLA
from digest.sources.addresses import looks_like_url

# Where one site has the marks of two, the first is meant: many a site has a configuration of Hugo's old name, or a
# _config.yml that only a plug-in reads.
GENERATORS = (ZOLA, DOCUSAURUS, ASTRO, GATSBY, ELEVENTY, NEXT, QUARTO, PELICAN, MKDOCS, HUGO, JEKYLL)

# Where generators and people keep articles.
USUAL = frozenset({"posts", "_posts", "post", "blog", "articles", "news"})
_IMAGES = frozenset({".avif", ".gif", ".jpeg", ".jpg", ".png", ".svg", ".webp"})
_UNREAD = frozenset({".adoc", ".asciidoc", ".ipynb", ".org", ".rst"})
_MOST = 0.9  # of all articles: what lies elsewhere is a changelog, not the blog
_ENOUGH = 0.1
_HALF = 0.5


@dataclass(frozen=True, slots=True)
class Found:
    """A site as it was recognised. ``articles`` and ``static`` are relative to the folder that was asked about.

    ``generator`` is its name, "" for a plain folder; ``page`` the pattern of an article's own page, "" where it cannot
    be told, and ``category_page`` that of a category's page, "" where there is none; ``category`` the name that this site
    has for the category, "" where it has a usual one or none. ``unread`` are files of other kinds beside the articles, by
    their ends. ``renames`` says whether pictures that lie beside articles have other names on the site, ``covers`` how many
    articles have such a cover, and ``files_as_covers`` how many have one that is a file, wherever it lies.
    """

    articles: Path
    files: int
    sourced: int  # how many name the page they came from
    newest: date | None
    static: tuple[Path, ...]
    facts: Facts
    generator: str = ""
    page: str = ""
    category: str = ""
    category_page: str = CATEGORY_PAGE
    unread: tuple[tuple[str, int], ...] = ()
    renames: bool = False
    covers: int = 0
    files_as_covers: int = 0


def recognise(root: Path) -> Found | None:
    """The site below ``root``; None where no file is an article with a date."""
    everything = tuple(posts(root))
    if not everything:
        return None
    articles = _articles(root, Counter(post.folder for post in everything))
    generator, home = _made(_upwards(articles, root))
    if generator and (content := generator.content(home)) and articles.is_relative_to(content):
        articles = content
    homes = _upwards(articles, root)
    inside = [post for post in everything if post.folder.is_relative_to(articles)]
    facts = generator.says(home) if generator else Facts()
    for further in homes:
        facts = facts.beside(package(further))
    facts = facts.beside(Facts(language=spoken(inside) or likely([post.title for post in inside])))
    pattern = generator.page(home, _habits(articles, home, inside)) if generator else ""
    covers = [cover for post in inside if _is_image(cover := post.cover) and not looks_like_url(cover)]
    return Found(
        articles.relative_to(root),
        len(inside),
        sum(post.sourced for post in inside),
        max((post.dated for post in inside if post.dated), default=None),
        tuple(folder.relative_to(root) for folder in _static(homes, generator, home)),
        facts,
        generator.name if generator else "",
        f"{facts.url}{pattern}" if facts.url and pattern else "",
        kinds(inside),
        generator.category if generator else CATEGORY_PAGE,
        unread(articles),
        generator.renames if generator else False,
        covers=sum(not cover.startswith("/") for cover in covers),
        files_as_covers=len(covers),
    )


def unread(folder: Path) -> tuple[tuple[str, int], ...]:
    """How many files below a folder may be articles of a kind that is not read, by their ends: ``(".rst", 12)``."""
    ends: Counter[str] = Counter()
    for _, below, names in os.walk(folder):
        below[:] = [name for name in below if not name.startswith(".") and name not in SKIPPED]
        ends.update(end for name in names if (end := Path(name).suffix.lower()) in _UNREAD)
    return tuple(ends.most_common())


def _upwards(folder: Path, root: Path) -> list[Path]:
    return [one for one in (folder, *folder.parents) if one.is_relative_to(root)]


def _made(homes: Sequence[Path]) -> tuple[Generator | None, Path]:
    """The generator of the nearest folder that has the marks of one, and that folder."""
    for home in homes:
        for generator in GENERATORS:
            if generator.made(home):
                return generator, home
    return None, homes[0]


def _habits(articles: Path, home: Path, inside: Sequence[Post]) -> Habits:
    def most(count: int) -> bool:
        return count > _HALF * len(inside)

    return Habits(
        articles.relative_to(home),
        nested=any(post.folder != articles for post in inside),
        bundles=most(sum(post.bundle for post in inside)),
        slug=most(sum(post.slug for post in inside)),
        categories=any(post.categories for post in inside),
        dated=most(sum(post.named_by_date for post in inside)),
        titled=most(sum(post.titled for post in inside)),
        plain=all(post.plain for post in inside),
    )


def _articles(root: Path, found: Counter[Path]) -> Path:
    """The folder of articles: from ``root`` down, as long as one folder clearly holds them.

    A folder with a usual name ends the way, so that its subfolders (categories, years) stay together, unless all of it
    lies in another one with a usual name (blog/posts).
    """
    here, threshold = root, _MOST
    while True:
        below: Counter[Path] = Counter()
        for folder, count in found.items():
            if folder != here and folder.is_relative_to(here):
                below[here / folder.relative_to(here).parts[0]] += count
        total = below.total() + found[here]
        usual = [folder for folder in below if folder.name in USUAL and below[folder] >= _ENOUGH * total]
        largest = max(usual or below, key=lambda folder: below[folder], default=here)
        if here.name in USUAL and here != root and not (usual and below[largest] == total):
            return here
        if largest == here or (not usual and (below[largest] < threshold * total or largest.name.isdigit())):
            return here
        here, threshold = largest, 1.0


def _static(homes: Sequence[Path], generator: Generator | None, home: Path) -> Iterator[Path]:
    """The folders whose files are served from the site's root."""
    if generator:
        folders = [home / name for name in generator.static]
    else:
        folders = [place / name for place in homes for name in ("static", "public", ".")]
    for folder in dict.fromkeys(folders):
        images = folder / "assets" if folder in homes else folder  # /assets/photo.jpg is served as it lies
        if _has_images(images):
            yield folder


def _has_images(folder: Path) -> bool:
    return any(_is_image(name) for _, _, names in os.walk(folder) for name in names)


def _is_image(name: str) -> bool:
    return Path(name).suffix.lower() in _IMAGES
