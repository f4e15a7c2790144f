"""Taking in a table of subscribers: all of its good rows or, when the file cannot be trusted, none.

    Table ──lines──▶ Entry ──decide──▶ Verdict ──▶ write          in batches, in one transaction
              │                           └─ kept out
              └─ refused (a bad cell, a second row for a mailbox)

Nothing but the keys seen so far and the rows to be reported is held in memory. Other writers wait until the import is
done, so whoever reads from a pipe reads it to its end first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO

from digest.errors import DigestError, UsageError
from digest.model import ADDRESS_MAXIMUM
from digest.subscriptions import cells
from digest.subscriptions.entries import Entry, Outcome, decide
from digest.subscriptions.ports import Changes, People
from digest.subscriptions.tables import Line, Table

BATCH = 1000
REASON = "imported"


@dataclass(frozen=True, slots=True)
class Note:
    """A row that was not followed, and why."""

    line: int
    address: str
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}: " + (f"{self.address}: " if self.address else "") + self.reason


@dataclass(frozen=True, slots=True)
class Imported:
    added: int
    updated: int
    unchanged: int
    kept_out: tuple[Note, ...]
    refused: tuple[Note, ...]
    encoding: str
    passed_over: tuple[str, ...]  # columns that say nothing to us


def import_table(
    people: People,
    source: BinaryIO,
    *,
    name: str,
    now: datetime,
    digests: Collection[str] = (),
    resubscribe: bool = False,
    dry_run: bool = False,
    progress: Callable[[int], object] = lambda _read: None,
) -> Imported:
    """Imports a CSV file and says what became of each row; ``dry_run`` does all of it but the commit.

    ``source`` must be seekable, ``name`` is what errors call it, ``digests`` are the names a row may use (empty: any).
    ``progress`` is told how many more bytes were read. Raises TableError, and then nothing has changed.
    """
    table = Table(source, name)
    reading = _Reading(table, tuple(digests))
    counts: Counter[Outcome] = Counter()
    kept_out: list[Note] = []
    read = 0
    try:
        with people.changing(keep=not dry_run) as changes:
            for batch in reading.batches():
                for outcome, note in _followed(changes, batch, resubscribe=resubscribe, now=now):
                    counts[outcome] += 1
                    if note:
                        kept_out.append(note)
                progress(table.position() - read)
                read = table.position()
    finally:
        table.release()
    return Imported(
        added=counts[Outcome.ADDED],
        updated=counts[Outcome.UPDATED],
        unchanged=counts[Outcome.UNCHANGED],
        kept_out=tuple(kept_out),
        refused=tuple(reading.refused),
        encoding=table.encoding,
        passed_over=tuple(map(cells.clean, table.passed_over)),
    )


@dataclass(slots=True)
class _Reading:
    """The entries of a table, without the rows that are refused."""

    table: Table
    digests: tuple[str, ...]
    refused: list[Note] = field(default_factory=list)
    _seen: dict[str, int] = field(default_factory=dict)

    def batches(self) -> Iterator[list[tuple[int, Entry]]]:
        batch: list[tuple[int, Entry]] = []
        for line in self.table.lines():
            try:
                batch.append((line.number, self._entry(line)))
            except DigestError as error:
                self._refuse(line, error.message)
            if len(batch) == BATCH:
                yield batch
                batch = []
        yield batch

    def _entry(self, line: Line) -> Entry:
        words = dict(line.cells)
        address = words.pop("email", "")
        if not address:
            raise UsageError("there is no address in this row")
        entry = cells.entry(address, **words, known_digests=self.digests, reason=REASON)
        first = self._seen.setdefault(entry.mailbox.key, line.number)
        if first != line.number:
            raise UsageError(f"the same address as in line {first}")
        return entry

    def _refuse(self, line: Line, reason: str) -> None:
        address = line.cells.get("email", "")
        shown = "" if repr(address) in reason else cells.clean(address)[:ADDRESS_MAXIMUM]
        self.refused.append(Note(line.number, shown, reason))


def _followed(
    changes: Changes, batch: list[tuple[int, Entry]], *, resubscribe: bool, now: datetime
) -> Iterator[tuple[Outcome, Note | None]]:
    """What becomes of each entry; whatever is to be written has been when the last one is told."""
    keys = [entry.mailbox.key for _, entry in batch]
    known, erased = changes.known(keys), changes.erased(keys)
    writes = []
    for line, entry in batch:
        key = entry.mailbox.key
        verdict = decide(entry, known.get(key), erased=key in erased, resubscribe=resubscribe, now=now)
        if verdict.subscriber:
            writes.append((key, verdict.subscriber))
        kept_out = verdict.outcome is Outcome.KEPT_OUT
        yield verdict.outcome, Note(line, entry.mailbox.address, verdict.reason) if kept_out else None
    changes.write(writes)
