"""Tables of subscribers as CSV text: which encoding and separator, which column is which, what each line says.

A cell that a spreadsheet would run as a formula is written with a ``'`` before it, and read without.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from functools import partial
from typing import IO, BinaryIO, Final

from digest.errors import TableError
from digest.model import Subscriber
from digest.subscriptions.cells import nearest

COLUMNS: Final = ("email", "name", "status", "digests", "categories", "language", "timezone", "every", "paused")
LINE_MAXIMUM = 1_000_000  # characters: a file without line ends must not fill the memory
_PIECE = 1 << 20
_FORMULA = tuple("=+-@\t\r'")  # "'" among them, so that one is taken off exactly where one was put


@dataclass(frozen=True, slots=True)
class Line:
    """One row: the line it starts on and its cells by column; a cell that is empty or missing is not in it."""

    number: int
    cells: Mapping[str, str]


class Table:
    """A CSV file, opened and its header understood. ``source`` must be seekable; ``name`` is what errors call it.

    Raises TableError for whatever makes the file as a whole untrustworthy: text that is not text, an unknown column,
    and on the way through ``lines()`` a quote that is never closed or a row with more cells than the header.
    """

    def __init__(self, source: BinaryIO, name: str) -> None:
        self.name = name
        self.encoding = _encoding(source, name)
        source.seek(0)
        self._source = source
        self._text = io.TextIOWrapper(source, encoding=self.encoding, newline="")
        delimiter = _delimiter(self._first_line())
        self._text.seek(0)
        self._reader = csv.reader(self._physical(), delimiter=delimiter, strict=True)
        self._columns = self._header()

    def lines(self) -> Iterator[Line]:
        for number, row in self._rows():
            if len(row) > len(self._columns) and any(row[len(self._columns) :]):
                raise TableError(
                    self.name,
                    f"this row has {len(row)} cells, the header {len(self._columns)}",
                    line=number,
                    hint='a cell that holds the separator needs quotes around it: "…"',
                )
            cells = {
                column: bare(stripped) if stripped[0] == "'" else stripped
                for column, cell in zip(self._columns, row, strict=False)
                if (stripped := cell.strip())
            }
            yield Line(number, cells)

    def position(self) -> int:
        """How many bytes have been read."""
        return self._source.tell()

    def release(self) -> None:
        """Lets go of the source, which stays open and its owner's to close."""
        self._text.detach()

    def _first_line(self) -> str:
        return next((line for line in self._physical() if line.strip()), "")

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        """Rows that hold anything, each with the line it starts on."""
        start = self._reader.line_num + 1
        try:
            for row in self._reader:
                if any(row):
                    yield start, row
                start = self._reader.line_num + 1
        except csv.Error as error:
            raise _unreadable(self.name, start, error) from error

    def _physical(self) -> Iterator[str]:
        read: Callable[[], str] = partial(self._text.readline, LINE_MAXIMUM)
        for number, line in enumerate(iter(read, ""), start=1):
            if "\0" in line:
                raise TableError(self.name, "holds a NUL byte", line=number, hint="save it as CSV in UTF-8")
            if len(line) == LINE_MAXIMUM:
                raise TableError(self.name, "this line never ends", line=number, hint="is it a CSV file?")
            yield line

    def _header(self) -> tuple[str, ...]:
        number, row = next(self._rows(), (0, []))
        columns = [cell.strip().lower() for cell in row]
        while columns and not columns[-1]:
            columns.pop()
        known = f"the columns are {', '.join(COLUMNS)}"
        if unknown := [column for column in columns if column not in COLUMNS]:
            listed = ", ".join(f"{column!r}{nearest(column, COLUMNS)}" for column in unknown)
            raise TableError(self.name, f"unknown column {listed}", line=number, hint=known)
        if twice := sorted({column for column in columns if columns.count(column) > 1}):
            raise TableError(self.name, f"column {twice[0]!r} stands there twice", line=number)
        if "email" not in columns:
            raise TableError(self.name, "there is no column 'email' in its first line", line=number, hint=known)
        return tuple(columns)


def write(people: Iterable[Subscriber], out: IO[str]) -> int:
    """Writes a table that reads back equal, a line at a time; how many people it holds."""
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    count = 0
    for person in people:
        writer.writerow([guarded(cell) for cell in _cells(person)])
        count += 1
    return count


def guarded(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def bare(cell: str) -> str:
    """The reverse of ``guarded``."""
    return cell[1:] if cell[:1] == "'" and cell.startswith(_FORMULA, 1) else cell


def _cells(person: Subscriber) -> tuple[str, ...]:
    return (
        person.address,
        person.name,
        str(person.status),
        ";".join(sorted(person.digests)),
        str(person.selection),
        person.language,
        person.timezone,
        str(person.every) if person.every != 1 else "",
        _day_or_instant(person.paused) if person.paused else "",
    )


def _day_or_instant(moment: datetime) -> str:
    return (moment.date() if moment.time() == time.min else moment).isoformat()


def _delimiter(header: str) -> str:
    """The separator that makes most columns known ones; among equals the one that is there."""

    def fits(delimiter: str) -> tuple[int, int]:
        cells = {cell.strip(' \t\r\n"').lower() for cell in header.split(delimiter)}
        return len(cells.intersection(COLUMNS)), header.count(delimiter)

    return max((",", ";", "\t"), key=fits)


def _encoding(source: BinaryIO, name: str) -> str:
    """The encoding the whole file can be read in; Windows-1252 and Latin-1 only where it says nothing else."""
    start = source.read(4)
    if start.startswith(codecs.BOM_UTF8):
        sure = "utf-8-sig"
    elif start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        sure = "utf-16"
    else:
        return next(encoding for encoding in ("utf-8", "cp1252", "latin-1") if not _misread(source, encoding))
    if line := _misread(source, sure):
        raise TableError(name, f"is not valid {sure.upper()}, as its first bytes say", line=line)
    return sure


def _misread(source: BinaryIO, encoding: str) -> int:
    """The line at which the file cannot be read in this encoding; 0 if it can."""
    source.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    line = 1
    while True:
        piece = source.read(_PIECE)
        try:
            line += decoder.decode(piece, final=not piece).count("\n")
        except UnicodeDecodeError as error:
            return line + error.object[: error.start].decode(encoding, "ignore").count("\n")
        if not piece:
            return 0


def _unreadable(name: str, line: int, error: csv.Error) -> TableError:
    said = str(error)
    if "unexpected end" in said or "field larger" in said:
        return TableError(name, "a quote that opens here is never closed", line=line, hint="close it, or double it")
    if "expected after" in said:
        return TableError(
            name, "text follows a closing quote", line=line, hint='a quote within a cell is written twice: ""'
        )
    return TableError(name, said, line=line)
