"""Tables of subscribers as CSV text: which encoding and separator, which column is which, what each line says.

A cell that a spreadsheet would run as a formula is written with a ``'`` before it, and read without.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from functools import partial
from typing import IO, BinaryIO

from digest.errors import TableError, UsageError
from digest.model import Subscriber
from digest.subscriptions.columns import Columns, is_known, understood
from digest.subscriptions.vocabulary import COLUMNS

LINE_MAXIMUM = 1_000_000  # characters: a file without line ends must not fill the memory
_PIECE = 1 << 20
_DELIMITERS = (",", ";", "\t")
# "Dora" <dora@example.org> as a cell, which by the rules of CSV would need quotes around all of it.
_NAMED = {
    delimiter: re.compile(
        rf'(^|{delimiter}) *"([^"]*)" *<([^<>"{delimiter}\s]+@[^<>"{delimiter}\s]+)> *(?={delimiter}|[\r\n]|$)'
    )
    for delimiter in _DELIMITERS
}
_FORMULA = tuple("=+-@\t\r'")  # "'" among them, so that one is taken off exactly where one was put


@dataclass(frozen=True, slots=True)
class Line:
    """One row: the line it starts on and its cells by column; a cell that is empty or missing is not in it."""

    number: int
    cells: Mapping[str, str]


class Table:
    """A CSV file, opened and its header understood. ``source`` must be seekable; ``name`` is what errors call it.

    Raises TableError for whatever makes the file as a whole untrustworthy: text that is not text, a column that may say
    who has left, and on the way through ``lines()`` a quote that is never closed or a row with more cells than the header.
    """

    def __init__(self, source: BinaryIO, name: str) -> None:
        self.name = name
        self.encoding = _encoding(source, name)
        source.seek(0)
        self._source = source
        self._text = io.TextIOWrapper(source, encoding=self.encoding, newline="")
        delimiter = _delimiter(self._first_line())
        self._text.seek(0)
        whole = partial(_NAMED[delimiter].sub, r'\1"\2 <\3>"')
        self._reader = csv.reader(map(whole, self._physical()), delimiter=delimiter, strict=True)
        self._columns = self._header()

    @property
    def passed_over(self) -> tuple[str, ...]:
        """The columns that say nothing to us, as they are headed."""
        return self._columns.passed_over

    def lines(self) -> Iterator[Line]:
        width = len(self._columns.headings)
        for number, row in self._rows():
            if any(row[width:]):
                raise TableError(
                    self.name,
                    f"this row has {len(row)} cells, the header {width}",
                    line=number,
                    hint='a cell that holds the separator needs quotes around it: "…"',
                )
            try:
                cells = self._columns.said([bare(cell.strip()) for cell in row])
            except UsageError as error:
                raise self._distrusted(number, error) from error
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

    def _header(self) -> Columns:
        number, row = next(self._rows(), (0, []))
        try:
            return understood(row)
        except UsageError as error:
            raise self._distrusted(number, error) from error

    def _distrusted(self, line: int, error: UsageError) -> TableError:
        return TableError(self.name, error.message, line=line, hint=error.hint)


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
        return len({cell for cell in header.split(delimiter) if is_known(cell)}), header.count(delimiter)

    return max(_DELIMITERS, key=fits)


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
