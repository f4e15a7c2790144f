"""Which folders of a site hold its articles: one, with all that is in it, or sections that lie beside each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

# Where generators and people keep articles.
USUAL = frozenset({"posts", "_posts", "post", "blog", "articles", "news"})
# What lies beside them with dates, and is no article, or not yet.
_OTHERS = frozenset(
    {
        *("docs", "doc", "documentation", "pages", "page", "changelog", "changelogs", "authors", "people"),
        *("drafts", "draft", "templates", "archetypes", "examples", "test", "tests", "i18n"),
    }
)
_MOST = 0.9  # of all articles: what lies elsewhere is a changelog, not the blog
_ENOUGH = 0.1


@dataclass(frozen=True, slots=True)
class Ground:
    """``folder`` holds the articles, in ``sections`` where some of its own folders do. With ``mixed``, other things lie
    beside these.
    """

    folder: Path
    sections: tuple[Path, ...] = ()
    mixed: bool = False


def ground(root: Path, dated: Counter[Path], undated: Counter[Path]) -> Ground:
    """Where below ``root`` the articles are, by how many files with and without a date each folder has.

    It goes down as long as one folder clearly holds them. One with a usual name ends the way, so that its subfolders
    (categories, years) stay together, unless all of it lies in another one with a usual name (blog/posts). Folders with
    articles beside one with a usual name are sections as it is, unless their names or their other files say that they
    are documentation or pages.
    """
    here, threshold = root, _MOST
    while True:
        below = _below(here, dated)
        total = below.total() + dated[here]
        usual = {folder for folder in below if folder.name in USUAL and below[folder] >= _ENOUGH * total}
        if here.name in USUAL and here != root and not any(below[folder] == total for folder in usual):
            return Ground(here)
        undecided = _below(here, undated)
        sections = usual | {folder for folder in below if _is_section(folder, below[folder], undecided[folder])}
        if len(sections) > 1 and usual:
            beside = _outside(sections, undecided) + undated[here] > _ENOUGH * total
            return Ground(here, tuple(sorted(sections)), mixed=beside or _outside(sections, below) > 0)
        largest = max(usual or below, key=lambda folder: below[folder], default=here)
        if largest == here or (not usual and (below[largest] < threshold * total or largest.name.isdigit())):
            return Ground(here, tuple(sorted(sections)))
        here, threshold = largest, 1.0


def elsewhere(root: Path, folders: Collection[Path], found: Iterable[Path]) -> tuple[tuple[Path, int], ...]:
    """How many of the files ``found`` are in none of these folders, by the topmost folder that holds none of those."""
    counts: Counter[Path] = Counter()
    for folder in found:
        ways = [one for one in (*reversed(folder.parents), folder) if one.is_relative_to(root)]
        if not any(one in folders for one in ways):
            apart = (one for one in ways if not any(kept.is_relative_to(one) for kept in folders))
            counts[next(apart, folder).relative_to(root)] += 1
    return tuple(counts.most_common())


def _below(here: Path, counts: Counter[Path]) -> Counter[Path]:
    """How many there are in each of the folders in this one."""
    below: Counter[Path] = Counter()
    for folder, count in counts.items():
        if folder != here and folder.is_relative_to(here):
            below[here / folder.relative_to(here).parts[0]] += count
    return below


def _is_section(folder: Path, dated: int, undated: int) -> bool:
    name = folder.name.lstrip("_").lower()
    return dated >= undated and name not in _OTHERS and not name.isdigit()


def _outside(sections: Collection[Path], counts: Counter[Path]) -> int:
    return sum(count for folder, count in counts.items() if folder not in sections)
