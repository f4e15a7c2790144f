"""Recognising a site: which generator makes it, where its articles are, and what it tells about them.

A guess that somebody will read: it is printed, written down in ``digest.toml``, and easy to correct there.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Self

from digest.generators.astro import ASTRO
from digest.generators.docusaurus import DOCUSAURUS
from digest.generators.eleventy import ELEVENTY
from digest.generators.generator import CATEGORY_PAGE, Apart, Facts, Generator, Habits, Share, Untold
from digest.generators.hugo import HUGO
from digest.generators.jekyll import JEKYLL
from digest.generators.mkdocs import MKDOCS
from digest.generators.pelican import PELICAN
from digest.generators.posts import SKIPPED, Post, kinds, posts, spoken
from digest.generators.quarto import QUARTO
from digest.generators.scripted import GATSBY, NEXT, package
from digest.generators.scripts import likely
from digest.generators.sections import Ground, elsewhere, ground
from digest.generators.zola import ZOLA
from digest.sources.addresses import looks_like_url
from digest.sources.place import Place

# Where one site has the marks of two, the first is meant: many a site has a configuration of Hugo's old name, or a
# _config.yml that only a plug-in reads.
GENERATORS = (ZOLA, DOCUSAURUS, ASTRO, GATSBY, ELEVENTY, NEXT, QUARTO, PELICAN, MKDOCS, HUGO, JEKYLL)

_IMAGES = frozenset({".avif", ".gif", ".jpeg", ".jpg", ".png", ".svg", ".webp"})
_UNREAD = frozenset({".adoc", ".asciidoc", ".ipynb", ".org", ".rst"})


@dataclass(frozen=True, slots=True)
class Section:
    """A folder of articles, relative to the one that was asked about.

    ``page`` is the pattern of an article's own page, "" where it cannot be told, which ``untold`` says why; ``category``
    that of all its articles, where these name none and the folder stands for it.
    """

    folder: Path
    page: str = ""
    untold: str = ""
    category: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A site as it was recognised. All folders are relative to the one that was asked about.

    Its articles are in the ``sections``, one or several; ``outside`` counts files with a date that are in none.
    ``generator`` is its name, "" for a plain folder; ``category_page`` the pattern of a category's page, "" where there
    is none; ``category`` the name that this site has for the category, "" where it has a usual one or none. ``unread``
    are files of other kinds beside the articles, by their ends. ``static`` are the folders of pictures that are served
    from the site's root, ``assets`` those of others that articles name. ``renames`` says whether pictures that lie beside
    articles have other names on the site, ``covers`` how many articles have such a cover, and ``files_as_covers`` how
    many have one that is a file, wherever it lies.
    """

    sections: tuple[Section, ...]
    files: int
    sourced: int  # how many name the page they came from
    newest: date | None
    static: tuple[Path, ...]
    facts: Facts
    generator: str = ""
    category: str = ""
    category_page: str = CATEGORY_PAGE
    outside: tuple[tuple[Path, int], ...] = ()
    unread: tuple[tuple[str, int], ...] = ()
    assets: tuple[Path, ...] = ()
    renames: bool = False
    covers: int = 0
    files_as_covers: int = 0

    @property
    def articles(self) -> Path:
        """The folder that holds all sections."""
        return Path(os.path.commonpath([section.folder for section in self.sections]))


def recognise(root: Path) -> Found | None:
    """The site below ``root``; None where no file is an article with a date."""
    everything, undated = posts(root)
    if not everything:
        return None
    site = _Site.of(root, everything, ground(root, Counter(post.folder for post in everything), undated))
    generator, sections = site.generator, site.sections()
    folders = [root / section.folder for section in sections]
    inside = [post for post in everything if any(map(post.folder.is_relative_to, folders))]
    spoken_here = Facts(language=spoken(inside) or likely([post.title for post in inside]))
    covers = [cover for post in inside if _is_image(cover := post.cover) and not looks_like_url(cover)]
    beside = [cover for cover in covers if not cover.startswith("/")]
    return Found(
        sections,
        len(inside),
        sum(post.sourced for post in inside),
        max((post.dated for post in inside if post.dated), default=None),
        site.pictured(_static(site)),
        site.facts.beside(spoken_here),
        generator.name if generator else "",
        kinds(inside),
        generator.category if generator else CATEGORY_PAGE,
        elsewhere(root, folders, (post.folder for post in everything)),
        unread(folders),
        site.pictured(site.home / name for name in generator.assets if beside) if generator else (),
        generator.renames if generator else False,
        covers=len(beside),
        files_as_covers=len(covers),
    )


@dataclass(frozen=True, slots=True)
class _Site:
    """A site whose articles and generator are known; its ``home`` is the folder with the generator's marks."""

    root: Path
    everything: tuple[Post, ...]
    ground: Ground
    generator: Generator | None
    home: Path
    facts: Facts

    @classmethod
    def of(cls, root: Path, everything: tuple[Post, ...], where: Ground) -> Self:
        generator, home = _made(_upwards(where.folder, root))
        content = generator.content(home) if generator else None
        if content and any(folder.is_relative_to(content) for folder in (where.folder, *where.sections)):
            where = Ground(content)
        facts = generator.says(home) if generator else Facts()
        for further in _upwards(where.folder, root):
            facts = facts.beside(package(further))
        return cls(root, everything, where, generator, home, facts)

    def sections(self) -> tuple[Section, ...]:
        """One, unless other things lie between the sections, or their pages are made in different ways."""
        parts = self.ground.sections
        if not self.ground.mixed:
            try:
                return (self._section(self.ground.folder),)
            except Apart as why:
                apart = tuple(map(self._section_apart, parts))
                together = Section(self.ground.folder.relative_to(self.root), untold=str(why))
                return apart if any(section.page for section in apart) else (together,)
        return tuple(map(self._section_apart, parts))

    def _section(self, folder: Path) -> Section:
        """Raises Apart."""
        section = Section(folder.relative_to(self.root))
        if self.generator is None:
            return section
        try:
            page = self.generator.page(self.home, _habits(folder, self.home, self._inside(folder)))
        except Apart:
            raise
        except Untold as why:
            return replace(section, untold=str(why))
        return replace(section, page=f"{self.facts.url}{page}" if self.facts.url else "")

    def _section_apart(self, folder: Path) -> Section:
        """One of several, whose name may stand for a category as it does for a file somewhere below the whole."""
        inside = self._inside(folder)
        named = kinds(self.everything) or any(post.categories for post in inside)
        category = "" if named else Place.of(folder / "article.md", self.ground.folder).category
        try:
            return replace(self._section(folder), category=category)
        except Apart as why:
            return Section(folder.relative_to(self.root), untold=str(why), category=category)

    def _inside(self, folder: Path) -> list[Post]:
        return [post for post in self.everything if post.folder.is_relative_to(folder)]

    def pictured(self, folders: Iterable[Path]) -> tuple[Path, ...]:
        """Those of these folders that have pictures: /assets/photo.jpg is served as it lies."""
        homes = _upwards(self.ground.folder, self.root)
        found = (folder for folder in folders if _has_images(folder / "assets" if folder in homes else folder))
        return tuple(folder.relative_to(self.root) for folder in found)


def unread(folders: Iterable[Path]) -> tuple[tuple[str, int], ...]:
    """How many files below folders may be articles of a kind that is not read, by their ends: ``(".rst", 12)``."""
    ends: Counter[str] = Counter()
    for _, below, names in chain.from_iterable(map(os.walk, folders)):
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
    def share(of: Iterable[bool]) -> Share:
        return Share(sum(of), len(inside))

    return Habits(
        articles.relative_to(home),
        nested=share(post.folder != articles for post in inside),
        bundles=share(post.bundle for post in inside),
        slug=share(post.slug for post in inside),
        categories=share(post.categories > 0 for post in inside),
        dated=share(post.named_by_date for post in inside),
        titled=share(post.titled for post in inside),
        signs=frozenset[str]().union(*(post.signs for post in inside)),
        above=frozenset.intersection(*(frozenset(post.folder.relative_to(home).parts) for post in inside)),
    )


def _static(site: _Site) -> Iterator[Path]:
    """The folders whose files are served from the site's root."""
    if site.generator:
        return (site.home / name for name in site.generator.static)
    homes = _upwards(site.ground.folder, site.root)
    return iter(dict.fromkeys(place / name for place in homes for name in ("static", "public", ".")))


def _has_images(folder: Path) -> bool:
    return any(_is_image(name) for _, _, names in os.walk(folder) for name in names)


def _is_image(name: str) -> bool:
    return Path(name).suffix.lower() in _IMAGES
