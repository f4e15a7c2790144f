from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.errors import DigestError
from digest.model import FREQUENCIES, Subscriber, SubscriberStatus
from digest.store.database import Database
from digest.store.subscribers import Subscribers
from digest.subscriptions import cells
from digest.subscriptions.entries import decide
from digest.subscriptions.exporting import export, export_file
from digest.subscriptions.importing import Imported, import_table
from digest.subscriptions.tables import bare, guarded

NOW = datetime(2025, 10, 6, 7, tzinfo=UTC)

AWKWARD = st.text(st.sampled_from("=+-@'\"\t\r\n,; aé漢\u200d🚀\0|"), max_size=12) | st.text(max_size=12)
WORDS = st.text(st.sampled_from("ab=-é"), max_size=4)
PEOPLE = st.lists(
    st.builds(
        cells.entry,
        st.from_regex(r"[a-cé'=+-]{1,4}@(example|münchen)\.org", fullmatch=True),
        name=AWKWARD,
        status=st.sampled_from([str(status) for status in SubscriberStatus]),
        digests=st.lists(WORDS, max_size=3).map(";".join),
        categories=st.sampled_from(["", "General AI", "work,General AI", "C++; Öffentlichkeit"]),
        language=st.sampled_from(["", "en", "pt-BR"]),
        timezone=st.sampled_from(["", "UTC", "Europe/Paris"]),
        every=st.sampled_from(["", *map(str, FREQUENCIES)]),
        paused=st.one_of(
            st.just(""),
            st.dates(date(1970, 1, 1), date(8999, 12, 31)).map(str),
            st.datetimes(datetime(1970, 1, 2), datetime(8999, 12, 30), timezones=st.timezones()).map(str),
        ),
    ),
    max_size=6,
    unique_by=lambda entry: entry.mailbox.key,
)


def portable(people: Subscribers) -> list[Subscriber]:
    """Everybody, without what a table does not carry."""
    return [replace(one, id=0, reason="", created=None, changed=None) for one in people.each()]


def fresh() -> Subscribers:
    return Subscribers(Database("sqlite://"))


@given(PEOPLE)
@settings(max_examples=30, deadline=None)
def test_what_is_exported_imports_back_equal(entries: list[cells.Entry]):
    here, there = fresh(), fresh()
    with here.changing() as changes:
        changes.write(
            [
                (entry.mailbox.key, person)
                for entry in entries
                if (person := decide(entry, None, erased=False, resubscribe=False, now=NOW).subscriber)
            ]
        )
    out = io.StringIO(newline="")
    assert export(here, out) == len(entries)
    table = out.getvalue().encode()
    result = import_table(there, io.BytesIO(table), name="list.csv", now=NOW)
    assert (result.added, result.refused) == (len(entries), ())
    assert portable(there) == portable(here)
    again = import_table(here, io.BytesIO(table), name="list.csv", now=NOW)
    assert (again.unchanged + len(again.kept_out), again.updated, again.added) == (len(entries), 0, 0)
    assert not again.kept_out


@given(AWKWARD)
def test_a_guarded_cell_is_no_formula_and_reads_back(cell: str):
    assert not guarded(cell).startswith(("=", "+", "-", "@", "\t", "\r"))
    assert bare(guarded(cell)) == cell


def test_a_name_that_merely_starts_with_an_apostrophe_is_read_as_it_stands():
    assert bare("'Brien") == "'Brien"


def test_a_spreadsheet_sees_no_formula(take_in: Callable[..., Imported], people: Subscribers):
    take_in('email,name\n+tag@example.org,"=HYPERLINK(""https://example.com"",""x"")"\n')
    out = io.StringIO(newline="")
    export(people, out)
    rows = list(csv.reader(io.StringIO(out.getvalue(), newline="")))
    assert rows[0] == ["email", "name", "status", "digests", "categories", "language", "timezone", "every", "paused"]
    assert rows[1][:2] == ["'+tag@example.org", """'=HYPERLINK("https://example.com","x")"""]


def test_a_pause_is_written_as_a_day_where_it_ends_with_one_and_the_usual_frequency_not_at_all(
    take_in: Callable[..., Imported], people: Subscribers
):
    take_in(
        "email,every,paused\n"
        "a@example.org,1,2025-12-24\nb@example.org,4,2025-12-24T08:30+01:00\nc@example.org,2,\n"
        "d@example.org,3,\ne@example.org,,tomorrow\n"
    )
    out = io.StringIO(newline="")
    export(people, out)
    rows = csv.DictReader(io.StringIO(out.getvalue(), newline=""))
    assert [(row["email"], row["every"], row["paused"]) for row in rows] == [
        ("a@example.org", "", "2025-12-24"),
        ("b@example.org", "4", "2025-12-24T07:30:00+00:00"),
        ("c@example.org", "2", ""),
    ]


def test_a_file_is_for_its_owner_only_and_replaced_in_whole(
    take_in: Callable[..., Imported], people: Subscribers, tmp_path: Path
):
    take_in("email\na@example.org\n")
    path = tmp_path / "list.csv"
    path.write_text("old\n" * 1000)
    assert export_file(people, path) == 1
    assert path.read_bytes().count(b"\r\n") == 2
    assert path.stat().st_mode & 0o777 == 0o600
    assert [found.name for found in tmp_path.glob("*list.csv*")] == ["list.csv"]


def test_an_export_that_fails_leaves_the_old_file(
    take_in: Callable[..., Imported], people: Subscribers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "list.csv"
    path.write_text("old\n")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DigestError, match="cannot be written: No space left"):
        export_file(people, path)
    assert path.read_text() == "old\n"
    assert [found.name for found in tmp_path.glob("*list.csv*")] == ["list.csv"]


def test_a_place_that_does_not_exist_is_told(people: Subscribers, tmp_path: Path):
    with pytest.raises(DigestError, match="cannot be written"):
        export_file(people, tmp_path / "nowhere" / "list.csv")


def test_a_device_is_written_to_and_never_replaced(people: Subscribers):
    assert export_file(people, Path("/dev/null")) == 0
    assert Path("/dev/null").is_char_device()
