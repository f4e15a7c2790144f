"""Reading a folder of articles: ours beside a plain loop over python-frontmatter, Hugo, and reading the bytes alone.

Each run is a process of its own (``readers.py``), from its start to its end, with what it takes to import what it needs.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

from measuring import OURS, Way, compare, introduce

PLAIN = "python-frontmatter, C loader"
NEWEST = date(2025, 11, 30)
DAYS = 2_000  # over which the articles are spread
READERS = Path(__file__).with_name("readers.py")
SETTLED = 2.1  # seconds after which a file that was written can be believed by its times

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
        f"date: '{NEWEST - timedelta(days=number % DAYS)}'",
        f"excerpt: >-\n  {words(chance, 12)}\n  {words(chance, 12)}\n  {words(chance, 6)}{'...' if number % 7 == 0 else '.'}",
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
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(article(number, chance), encoding="utf-8")


# --- processes -------------------------------------------------------------------------------------------------------


class Bench:
    """A folder of articles, and processes that read it; what the processors worked for each way, and the most memory that
    any run of it has taken, is kept.
    """

    def __init__(self, place: Path, count: int) -> None:
        self.folder = place / "content"
        self.count = count
        self.site = place / "hugo.toml"
        self.site.write_text(f'contentDir = "{self.folder}"\nbaseURL = "https://example.org"\n')
        self.known = place / "known.db"
        self.empty = place / "empty.db"
        self.new = place / "new.db"
        self.peaks: dict[str, int] = {}
        self.worked: dict[str, list[float]] = {}
        write_articles(self.folder, count)
        time.sleep(SETTLED)
        self.process("", self.ours("opened", self.empty))
        self.process("", self.ours("indexed", self.known))

    def ours(self, work: str, database: Path) -> list[str]:
        return [sys.executable, str(READERS), work, str(self.folder), str(database)]

    def process(self, name: str, command: list[str]) -> float:
        """The seconds from a process's start to its end."""
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0, f"{command} ended with {process.returncode}"
        self.peaks[name] = max(self.peaks.get(name, 0), used.ru_maxrss)
        self.worked.setdefault(name, []).append(used.ru_utime + used.ru_stime)
        return seconds

    def forget(self) -> None:
        """Drops what the system keeps of the files in memory; of their names and times it may keep what it likes."""
        os.sync()
        for path in (*self.folder.rglob("*.md"), *self.known.parent.glob("*.db*")):
            file = os.open(path, os.O_RDONLY)
            os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(file)

    def way(self, name: str, command: list[str] | None, *, cold: bool, new: bool = False) -> Way:
        def run() -> float:
            if new:
                shutil.copyfile(self.empty, self.new)
            if cold:
                self.forget()
            return self.process(name, command or [])

        return Way(name, self.count, run if command else None)


def hugo_list(bench: Bench) -> list[str] | None:
    """`hugo list all`, if Hugo is on the path or named in the environment as HUGO."""
    found = os.environ.get("HUGO") or shutil.which("hugo")
    return [found, "list", "all", "--source", str(bench.site.parent), "--quiet"] if found else None


def measure(count: int, runs: int) -> None:
    with tempfile.TemporaryDirectory() as place:
        bench = Bench(Path(place), count)
        for cold in (True, False):
            ways = (
                bench.way(f"{OURS}, first run", bench.ours("indexed", bench.new), cold=cold, new=True),
                bench.way(f"{OURS}, second run", bench.ours("indexed", bench.known), cold=cold),
                bench.way(f"{OURS}, all read whole", bench.ours("whole", bench.known), cold=cold),
                bench.way(PLAIN, bench.ours("plain_loop", bench.known), cold=cold),
                bench.way("hugo list all", hugo_list(bench), cold=cold),
                bench.way("read_bytes alone", bench.ours("bytes_alone", bench.known), cold=cold),
            )
            bench.peaks.clear()
            bench.worked.clear()
            kept = "cold" if cold else "warm"
            compare(f"Articles read ({count:,} files, {kept})", ways, runs=runs, yardstick=PLAIN)
            for name, peak in bench.peaks.items():
                print(
                    f"  {name}: {statistics.median(bench.worked[name]):.2f} s of a processor, {peak // 1024:,} MB at most"
                )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, nargs="+", default=[10_000])
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    introduce(given.runs)
    for count in given.articles:
        measure(count, given.runs)


if __name__ == "__main__":
    main()
