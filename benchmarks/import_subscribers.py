"""Importing subscribers from CSV: ours beside csv, email-validator and sqlite3 put together by hand."""

from __future__ import annotations

import argparse
import csv
import sqlite3
import tempfile
from contextlib import closing
from datetime import UTC, datetime
from itertools import count as counting
from pathlib import Path

from email_validator import validate_email
from measuring import OURS, Way, compare, introduce, timed

from digest.store.database import Database
from digest.store.subscribers import Subscribers
from digest.subscriptions.importing import import_table

NOW = datetime(2025, 12, 1, tzinfo=UTC)
SCHEMA = """
PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;
CREATE TABLE subscribers (id INTEGER PRIMARY KEY, address TEXT NOT NULL UNIQUE, name TEXT NOT NULL, selection TEXT)
"""


def write_table(path: Path, rows: int) -> None:
    """Ordinary addresses, and one in fifty in another script or with an international domain."""
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(("email", "name", "categories"))
        for number in range(rows):
            address = f"reader.{number}@example{number % 500}.org"
            if number % 50 == 0:
                address = f"leser.{number}@münster{number % 500}.example.org"
            table.writerow((address, f"Reader {number}", ("", "", "work", "work;science")[number % 4]))


def ours(table: Path, database: Path, rows: int) -> float:
    """Into a database that is open already, as the command's is."""
    opened = Database(f"sqlite:///{database}")

    def run() -> None:
        with table.open("rb") as source:
            done = import_table(Subscribers(opened), source, name=table.name, now=NOW)
        assert done.added == rows, f"{done.added} of {rows} rows were added"

    try:
        return timed(run)
    finally:
        opened.close()


def by_hand(table: Path, database: Path, *, check: bool) -> float:
    def address(text: str) -> str:
        return validate_email(text, check_deliverability=False).normalized if check else text

    with closing(sqlite3.connect(database)) as connection:
        connection.executescript(SCHEMA)

        def run() -> None:
            with table.open(encoding="utf-8", newline="") as source, connection:
                people = ((address(row["email"]), row["name"], row["categories"]) for row in csv.DictReader(source))
                connection.executemany("INSERT INTO subscribers (address, name, selection) VALUES (?, ?, ?)", people)

        return timed(run)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    rows: int = given.rows
    introduce(given.runs)
    with tempfile.TemporaryDirectory() as place:
        table = Path(place, "subscribers.csv")
        write_table(table, rows)
        fresh = (Path(place, f"{number}.db") for number in counting())
        ways = (
            Way(OURS, rows, lambda: ours(table, next(fresh), rows)),
            Way("csv, email-validator, sqlite3", rows, lambda: by_hand(table, next(fresh), check=True)),
            Way("csv, sqlite3, nothing checked", rows, lambda: by_hand(table, next(fresh), check=False)),
        )
        compare(f"Subscribers imported ({rows:,} rows)", ways, runs=given.runs)


if __name__ == "__main__":
    main()
