"""What the processes do that ``read.py`` measures: each imports what its own work takes, and nothing else."""

# ruff: noqa: PLC0415 - see above

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path


def indexed(folder: Path, database: Path) -> None:
    """What `digest send` reads: a week, with an index in the database."""
    from zoneinfo import ZoneInfo

    from digest.model import Article, Period
    from digest.sources.files import Folder
    from digest.sources.indexed import Indexed
    from digest.store.database import Database
    from digest.store.sightings import Sightings

    now = datetime(2025, 12, 1, 7, tzinfo=UTC)
    week = Period(now - timedelta(days=7, hours=7), now - timedelta(hours=7), "2025-W48")
    kept = Database(f"sqlite:///{database}")
    index = Sightings(lambda: kept, writes=True)
    source = Indexed(Folder(folder, ZoneInfo("UTC")), index, lambda: now)
    found = sum(isinstance(found, Article) for found in source.read(week, lambda _done, _total: None))
    assert found, "no article was read"
    kept.close()


def opened(_folder: Path, database: Path) -> None:
    """A database of a site that has never read its articles."""
    from digest.store.database import Database

    Database(f"sqlite:///{database}").close()


def whole(folder: Path, _database: Path) -> None:
    """Every file to an Article, as `digest check` does."""
    from zoneinfo import ZoneInfo

    from digest.model import Article
    from digest.sources.files import Folder

    source = Folder(folder, ZoneInfo("UTC"), article_url="https://example.org/posts/{slug}")
    paths = source.paths()
    found = sum(isinstance(found, Article) for found in source.read(paths))
    assert found == len(paths), f"{found} of {len(paths)} articles were read"


def plain_loop(folder: Path, _database: Path) -> None:
    import frontmatter

    for path in sorted(folder.rglob("*.md")):
        frontmatter.load(path)


def bytes_alone(folder: Path, _database: Path) -> None:
    for path in sorted(folder.rglob("*.md")):
        path.read_bytes()


WORK = {work.__name__: work for work in (indexed, opened, whole, plain_loop, bytes_alone)}


if __name__ == "__main__":
    work, folder, database = sys.argv[1:]
    WORK[work](Path(folder), Path(database))
