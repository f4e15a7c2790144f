"""The press: prints a sheet of what was chosen, and again once something has changed.

digest.toml ─▶ App ─▶ explanation ─▶ preview ─▶ report        a DigestError on the way becomes the sheet's fault,
                └─ sources that remember                      and what was printed last stays as it was
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from digest import desk
from digest.app import App
from digest.config import load
from digest.errors import AddressError, DigestError, UsageError
from digest.model import Period
from digest.proof import Report, proofread
from digest.publishing import Digest, Told, nobody_is_told
from digest.web.studio.bell import Bell
from digest.web.studio.choices import Choice, periods
from digest.web.studio.memory import Memory, RememberingApp

SHEETS_KEPT = 8  # one for each page that somebody may have open


@dataclass(frozen=True, slots=True)
class Mail:
    """The mail of one reader, its ``page`` for a browser, and what the checks find in it."""

    preview: desk.Preview
    page: str
    report: Report

    @property
    def stamp(self) -> str:
        """Other words, another stamp; the Date of the message is none of them."""
        words = f"{self.preview.rendition.subject}\0{self.page}\0{self.report.text}"
        return hashlib.blake2b(words.encode(), digest_size=8).hexdigest()


@dataclass(frozen=True, slots=True)
class Print:
    """An edition as it stands. Without a ``mail``, ``nothing`` says why nobody would get one."""

    app: App
    digest: Digest
    period: Period
    periods: tuple[Period, ...]
    explanation: desk.Explanation
    mail: Mail | None
    nothing: DigestError | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """What there is to show for a choice. With a ``fault``, ``print`` is the last good one, if there was any."""

    version: int
    choice: Choice
    print: Print | None
    fault: DigestError | None


class Press:
    """Prints for one configuration file; many threads may ask, one prints at a time. Writes nothing anywhere."""

    def __init__(self, config: Path, now: Callable[[], datetime], start: Choice | None = None) -> None:
        self.config = config
        self.start = start or Choice()
        self.bell = Bell()
        self._now = now
        self._memory = Memory()
        self._changed: list[Path] = []
        self._sheets: OrderedDict[Choice, Sheet] = OrderedDict()
        self._app: RememberingApp | None = None
        self._printing = threading.Lock()

    def changed(self, paths: Iterable[Path] = ()) -> None:
        """What was printed before is out of date now. Without ``paths``, anything may have changed."""
        self._changed.extend(paths or (self.config,))
        self.bell.ring()

    def look(self, choice: Choice, told: Told = nobody_is_told, *, anew: bool = False) -> Sheet:
        """The sheet as of now. However often things change meanwhile, it is printed once more after that, not each time.

        ``anew`` prints it even if no file has changed, for what is kept in no file: readers, and what was frozen.
        """
        with self._printing:
            known = self._sheets.get(choice)
            if anew or known is None or known.version != self.bell.rung:
                known = self._sheet(choice, known, told)
                self._sheets[choice] = known
            self._sheets.move_to_end(choice)
            while len(self._sheets) > SHEETS_KEPT:
                self._sheets.popitem(last=False)
            return known

    def _sheet(self, choice: Choice, known: Sheet | None, told: Told) -> Sheet:
        version = self.bell.rung  # first of all: what changes from here on makes this sheet an old one
        self._forget()
        try:
            return Sheet(version, choice, self._print(choice, told), fault=None)
        except DigestError as fault:
            return Sheet(version, choice, known.print if known else None, fault)

    def _forget(self) -> None:
        """After a change of articles the parts are still right; after any other, such as a new template, they are not."""
        changed, self._changed = self._changed, []
        if self._app and (self._app.outlived or not all(map(self._memory.holds, changed))):
            self._app.close()
            self._app = None
        self._memory.forget(changed)

    def _parts(self) -> App:
        if self._app is None:
            self._app = RememberingApp(load(self.config), self._now, self._memory)
        return self._app

    def _print(self, choice: Choice, told: Told) -> Print:
        app = self._parts()
        digest = app.digest(choice.digest or None)
        period = app.period(digest, choice.period or None)
        explanation = desk.explain(app, digest, period, told)
        mail, nothing = None, None
        try:
            mail = _mail(app, digest, choice, explanation)
        except (UsageError, AddressError) as error:
            nothing = error
        return Print(app, digest, period, periods(app, digest, period), explanation, mail, nothing)


def _mail(app: App, digest: Digest, choice: Choice, explanation: desk.Explanation) -> Mail:
    reader = choice.reader(app)
    prepared = explanation.prepared
    if explanation.record:
        preview = desk.preview(app, digest, explanation.record.period, reader)
    else:
        preview = desk.drafted(app, digest, prepared, reader)
    return Mail(preview, desk.page(preview.message, preview.unpublished), proofread(preview.message.data))
