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

from digest.generators.generator import Facts, Generator, Habits
from digest.generators.hugo import HUGO
from digest.generators.jekyll import JEKYLL
from digest.generators.mkdocs import MKDOCS
from digest.generators.pelican import PELICAN
from digest.generators.posts import Post, kinds, posts, spoken
from digest.generators.quarto import QUARTO
from digest.generators.scripted import ASTRO, DOCUSAURUS, ELEVENTY, GATSBY, NEXT, package
from digest.generators.zola import ZOLA

# Where one site has the marks of two, the first is meant: many a site has a configuration of Hugo's old name, or a
# _config.yml that only a plug-in reads.
GENERATORS = (ZOLA, DOCUSAURUS, ASTRO, GATSBY, ELEVENTY, NEXT, QUARTO, PELICAN, MKDOCS, HUGO, JEKYLL)

# Where generators and people keep articles.
USUAL = frozenset({"posts", "_posts", "post", "blog", "articles", "news"})
_IMAGES = frozenset({".avif", ".gif", ".jpeg", ".jpg", ".png", ".svg", ".webp"})
_MOST = 0.9  # of all articles: what lies elsewhere is a changelog, not the blog
_ENOUGH = 0.1
_HALF = 0.5


@dataclass(frozen=True, slots=True)
class Found:
    """A site as it was recognised. ``articles`` and ``static`` are relative to the folder that was asked about.

    ``generator`` is its name, "" for a plain folder; ``page`` the pattern of an article's own page, "" where it cannot
    be told; ``category`` the name that this site has for the category, "" where it has a usual one or none.
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


def recognise(root: Path) -> Found | None:
    """The site below ``root``; None where no file is an article with a date."""
    everything = tuple(posts(root))
    if not everything:
        return None
    articles = _articles(root, Counter(post.folder for post in everything))
    inside = [post for post in everything if post.folder.is_relative_to(articles)]
    homes = [folder for folder in (articles, *articles.parents) if folder.is_relative_to(root)]
    generator, home = _made(homes)
    facts = generator.says(home) if generator else Facts()
    for further in homes:
        facts = facts.beside(package(further))
    facts = facts.beside(Facts(language=spoken(inside)))
    pattern = generator.page(home, _habits(articles, home, inside)) if generator else ""
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
    )


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
        nested=most(sum(post.folder != articles for post in inside)),
        bundles=most(sum(post.bundle for post in inside)),
        slug=most(sum(post.slug for post in inside)),
        category=most(sum(post.categories == 1 for post in inside)),
        dated=most(sum(post.named_by_date for post in inside)),
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
    return any(Path(name).suffix.lower() in _IMAGES for _, _, names in os.walk(folder) for name in names)
