"""Reading a folder of articles: ours beside a plain loop over python-frontmatter, and beside reading the bytes alone."""

from __future__ import annotations

import argparse
import random
import tempfile
from pathlib import Path
from zoneinfo import ZoneInfo

import frontmatter
from measuring import OURS, Way, compare, introduce, timed

from digest.model import Article
from digest.sources.files import Folder

WORDS = (
    "harbour",
    "ferry",
    "council",
    "library",
    "budget",
    "evening",
    "market",
    "school",
    "orchard",
    "bridge",
    "winter",
    "timetable",
    "repair",
    "volunteer",
    "museum",
    "station",
    "kitchen",
    "garden",
    "survey",
    "signal",
    "engine",
    "draft",
    "model",
    "tool",
    "question",
    "answer",
    "reader",
    "editor",
)
CATEGORIES = ("Work", "Science", "Travel", "Home", "Sport", "Culture", "Cities", "Health")


def words(chance: random.Random, count: int) -> str:
    return " ".join(chance.choices(WORDS, k=count))


def article(number: int, chance: random.Random) -> str:
    """A file as a site's generator writes it: 8 to 11 fields, long ones folded, and 3 to 8 KB of Markdown."""
    category = chance.choice(CATEGORIES)
    fields = [
        f"title: >-\n  {words(chance, 8)}\n  Amazon&#39;s {words(chance, 4)} {number}",
        f"date: '2025-{1 + number % 12:02}-{1 + number % 28:02}'",
        f"excerpt: >-\n  {words(chance, 12)}\n  {words(chance, 12)}\n  {words(chance, 6)}...",
        f"coverImage: >-\n  https://images.example.com/photo-{number}?w=400&h=200&fit=crop&auto=format",
        "author: Newsroom",
        f"tags:\n  - {category}\n  - {chance.choice(WORDS)}",
        f"category: {category}",
        f"source: >-\n  https://news.example.net/{category.lower()}/{number}?utm_source=feed",
    ]
    fields += [f"readTime: {1 + number % 9} min", f"slug: story-{number}", "draft: false"][: number % 4]
    body = ["## " + words(chance, 5)]
    size = chance.randrange(3_000, 8_000)
    while sum(map(len, body)) < size:
        body.append(f"{words(chance, 40)} [{words(chance, 2)}](https://example.net/{number}), **{words(chance, 2)}**.")
    return "---\n" + "\n".join(fields) + "\n---\n" + "\n\n".join(body) + "\n"


def write_articles(folder: Path, count: int) -> None:
    chance = random.Random(1)
    for number in range(count):
        path = folder / f"{number % 100:02}" / f"story-{number}.md"
        path.parent.mkdir(exist_ok=True)
        path.write_text(article(number, chance), encoding="utf-8")


def ours(folder: Path, count: int) -> None:
    source = Folder(folder, ZoneInfo("Europe/Berlin"), article_url="https://example.org/posts/{slug}")
    found = sum(isinstance(found, Article) for found in source.read(source.paths()))
    assert found == count, f"{found} of {count} articles were read"


def plain_loop(folder: Path) -> None:
    for path in sorted(folder.rglob("*.md")):
        frontmatter.load(path)


def bytes_alone(folder: Path) -> None:
    for path in sorted(folder.rglob("*.md")):
        path.read_bytes()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    count: int = given.articles
    introduce(given.runs)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_articles(folder, count)
        ways = (
            Way(OURS, count, lambda: timed(lambda: ours(folder, count))),
            Way("python-frontmatter, C loader", count, lambda: timed(lambda: plain_loop(folder))),
            Way("read_bytes alone", count, lambda: timed(lambda: bytes_alone(folder))),
        )
        compare(f"Articles read ({count:,} files)", ways, runs=given.runs)


if __name__ == "__main__":
    main()
