"""``digest send``: publish the edition of a period if that was not done yet, and hand over what is due."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from digest.cli.events import Events, EventWatch
from digest.cli.session import Session, counted, pass_session, writing
from digest.cli.tally import Tally
from digest.cli.watching import Display, PersonWatch, displayed, drawn
from digest.errors import DigestError, TransportError, TryLaterError, UsageError
from digest.model import (
    FINAL_STATUSES,
    DeliveryStatus,
    EditionRecord,
    Message,
    Outcome,
    Reply,
    Variant,
)
from digest.sending.running import run

if TYPE_CHECKING:
    from digest.app import App
    from digest.message import Letter
    from digest.model import Period
    from digest.publishing import Digest, Prepared
    from digest.sending.ports import Watch

T = TypeVar("T")


@click.command(short_help="Publish the last period and send it.")
@click.option("--digest", "digest_name", metavar="NAME", help="Which digest; needed when there are several.")
@click.option("--period", "period_name", metavar="PERIOD", help="2025-W40, 2025-10-01, 2025-10 or START/END.")
@click.option("--test", "tests", multiple=True, metavar="ADDRESS", help="Send it marked [Test] to this address only.")
@click.option(
    "--dry-run",
    "folder",
    is_flag=False,
    flag_value="",
    type=click.Path(file_okay=False),
    metavar="[DIR]",
    help="Do everything but send and keep it; with DIR, write every message there as an .eml file.",
)
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@click.option("--strict", is_flag=True, help="Problems with articles are fatal.")
@click.option("--json", "as_json", is_flag=True, help="Print what happens as JSON, one event a line.")
@pass_session
def send(
    session: Session,
    digest_name: str | None,
    period_name: str | None,
    tests: tuple[str, ...],
    folder: str | None,
    yes: bool,
    strict: bool,
    as_json: bool,
) -> None:
    """Publish the last complete period, and send it to every subscriber. Run again, it goes on where it stopped."""
    dry = folder is not None
    if tests and dry:
        raise UsageError("--test sends, and --dry-run sends nothing", hint="give one of them")
    app = session.app(read_only=bool(tests) or dry)
    digest = app.digest(digest_name)
    period = app.period(digest, period_name)
    app.require_postal_address()
    if tests:
        _send_tests(session, app, _trial(session, app, digest, period, strict=strict), tests)
    elif dry:
        prepared = _prepared(session, app, digest, period, strict=strict)
        _rehearse(session, app, prepared, digest, Path(folder) if folder else None)
    else:
        sending = _Sending(session, app, Events(session, app.now, wanted=as_json))
        for record in () if period_name else _unfinished(app, digest, period):
            sending.deliver(record)
        if not sending.stop.is_set():
            sending.deliver(
                app.editions.find(digest.name, period.name)
                or _publish(session, app, digest, period, sending.events, strict=strict, yes=yes)
            )
        sending.end()


def _unfinished(app: App, digest: Digest, period: Period) -> list[EditionRecord]:
    """Earlier editions that have something to hand over now, such as what was deferred, the oldest first."""
    due = app.deliveries.unfinished(app.now())
    found = [record for record in app.editions.every(digest.name) if record.id in due]
    return [record for record in reversed(found) if record.period.name != period.name]


# --- publishing


def _prepared(session: Session, app: App, digest: Digest, period: Period, *, strict: bool) -> Prepared:
    with session.gauge("reading") as gauge:
        prepared = app.prepare(digest, period, gauge.reach)
    session.problems(prepared.problems, strict=strict)
    if not prepared.composition.edition.articles:
        raise TryLaterError(
            f"{prepared.composition.edition.name}: there are no articles for it",
            hint="`digest articles --all` says why each one is out; `--period` names another period",
        )
    return prepared


def _publish(
    session: Session, app: App, digest: Digest, period: Period, events: Events, *, strict: bool, yes: bool
) -> EditionRecord:
    """Nothing is frozen before the server has answered and a person, or ``--yes``, has agreed."""
    from digest.inspection import reach_servers
    from digest.publishing import require_approval

    if period.end > app.now():
        raise UsageError(
            f"{digest.name}/{period.name} is not over yet: it ends at {period.end:%Y-%m-%d %H:%M} UTC",
            hint="`digest preview` shows it as it stands; without --period the last complete one is sent",
        )
    prepared = _prepared(session, app, digest, period, strict=strict)
    edition = prepared.composition.edition
    require_approval(digest, period, prepared.curation, app.editions)
    readers = app.editions.readers(digest.audience(edition.number, app.now()))
    if prepared.composition.enough and readers:
        for error in run(reach_servers(app)):
            session.note(f"{error.message}; the other servers carry its share")
        question = (
            f"{readers:,} subscribers, edition {edition.number} ({edition.name}), {len(edition.articles)} articles"
        )
        _agree(session, question, yes=yes)
    record = app.freeze(digest, prepared)
    events.tell("published", edition=record.name, articles=record.articles, deliveries=record.deliveries)
    return record


def _agree(session: Session, question: str, *, yes: bool) -> None:
    if yes:
        session.note(question)
    elif not sys.stdin.isatty():
        raise UsageError(f"{question}: nobody is there to agree", hint="say --yes to send without being asked")
    elif not click.confirm(f"{question}?", err=True):
        raise TryLaterError("nothing was sent", hint="`digest preview` shows what would be")


# --- sending


class _Sending:
    """Hands over one edition after another, until a signal says stop."""

    def __init__(self, session: Session, app: App, events: Events) -> None:
        self._session = session
        self._app = app
        self._left: list[str] = []
        self.events = events
        self.stop = asyncio.Event()

    def deliver(self, record: EditionRecord) -> None:
        if self.stop.is_set():
            return
        left = _left(self._app.deliveries.counts(record.id))
        goes_on = None
        if left and record.stopped is None:
            self.stop = asyncio.Event()  # an event serves one event loop, and each edition has its own
            goes_on = self._hand_over(record)
        elif not left:
            self._session.note(f"{record.name} is complete: nothing was left to send")
        self._report(record, goes_on)

    def _hand_over(self, record: EditionRecord) -> datetime | None:
        """Hands over what is due; returns when to go on if limits ended it."""
        from digest import crew

        with self._watched(record) as (watch, display):
            work = drawn(crew.deliver(self._app, record, watch, self.stop), display)
            try:
                return run(until_told(work, self.stop, display.say))
            except TransportError as error:  # told in the end: another edition is not to wait for this one
                self._left.append(f"{record.name}: {error.message}")
                return None

    @contextmanager
    def _watched(self, record: EditionRecord) -> Iterator[tuple[Watch, Display]]:
        """Somebody who watches, and what shows it: events for a program, a bar or lines for a person."""
        due = self._app.deliveries.due(record.id, self._app.now())
        tally = Tally(due, self._app.now, [server.called for server in self._app.config.smtp])
        if self.events.wanted:
            watch = EventWatch(self.events, record, tally, named=self._session.verbose, end=self.stop.set)
            watch.started()
            yield watch, watch
            watch.draw()
        else:
            with displayed(self._session, record.name, tally) as display:
                yield PersonWatch(tally, display.say, _teller(self._session)), display

    def end(self) -> None:
        """Raises TryLaterError when something is to be tried later."""
        if self._left and not self.stop.is_set():
            raise TryLaterError("; ".join(self._left), hint="run `digest send` again then, or let `digest run` do it")

    def _report(self, record: EditionRecord, goes_on: datetime | None) -> None:
        record = (
            self._app.editions.find(record.digest, record.period.name) or record
        )  # it may have been stopped meanwhile
        counts = self._app.deliveries.counts(record.id)
        due = goes_on or self._app.deliveries.next_due(record.id)
        self.events.tell("edition", **summary(record, counts), next_due=due)
        if self.events.closed:
            raise BrokenPipeError
        if not self.events.wanted:
            told = ", ".join(f"{count:,} {status}" for status, count in counts.items())
            self._session.out(f"{record.name}, edition {record.number}: {record.deliveries:,} deliveries: {told}")
            for reason, count in record.exclusions:
                self._session.out(f"  not among them: {count:,} {reason}")
        if sum(counts.values()) != record.deliveries:
            raise DigestError(
                f"{record.name}: {sum(counts.values())} deliveries are known, {record.deliveries} were frozen"
            )
        self._advise(record, counts, goes_on)

    def _advise(self, record: EditionRecord, counts: dict[DeliveryStatus, int], goes_on: datetime | None) -> None:
        left = _left(counts)
        if uncertain := counts.get(DeliveryStatus.UNCERTAIN):
            self._session.note(
                f"{uncertain} uncertain: perhaps delivered. `digest editions deliveries {record.name} "
                f"--status uncertain` lists them, `digest editions settle {record.name}` settles them"
            )
        if record.stopped:
            self._session.note(f"this edition was stopped on {record.stopped:%Y-%m-%d %H:%M} UTC")
        elif left and self.stop.is_set():
            again = f"Run `digest send --period {record.period.name}` again to go on"
            self._session.note(f"stopped; {left:,} are left. {again}")
        elif left:
            self._left += self._later(record, left, goes_on)

    def _later(self, record: EditionRecord, left: int, goes_on: datetime | None) -> Iterator[str]:
        """What is left, in words: what waits for its time, and what is to be tried again."""
        waiting = self._app.deliveries.waiting(record.id, self._app.now())
        queued, hour = waiting.get(DeliveryStatus.QUEUED, (0, None))
        _, again = waiting.get(DeliveryStatus.DEFERRED, (0, None))
        if queued:
            yield f"{queued:,} deliveries of {record.name} wait for their time{_next(hour)}"
        if left > queued:
            yield f"{left - queued:,} deliveries of {record.name} are to be tried later{_next(goes_on or again)}"


def _next(due: datetime | None) -> str:
    return f", the next at {due:%Y-%m-%d %H:%M} UTC" if due else ""


def _left(counts: dict[DeliveryStatus, int]) -> int:
    return sum(count for status, count in counts.items() if status not in FINAL_STATUSES)


def _teller(session: Session) -> Any:
    """Under -v, each delivery that was not simply accepted."""

    def tell(outcome: Outcome) -> None:
        if session.verbose and outcome.delivery.status is not DeliveryStatus.ACCEPTED:
            session.note(
                f"delivery={outcome.delivery.id} status={outcome.delivery.status} reply={outcome.delivery.reply!r}"
            )

    return tell


async def until_told(work: Coroutine[Any, Any, T], stop: asyncio.Event, say: Callable[[str], None]) -> T:
    """SIGTERM and Ctrl-C let what is in hand finish; the second one does not wait."""
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()

    def told() -> None:
        if stop.is_set():
            task.cancel()
        else:
            say("stopping: what is in hand is finished first; a second signal does not wait for it")
        stop.set()

    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, told)
    try:
        return await task
    except asyncio.CancelledError:
        raise TryLaterError(
            "stopped at once; what was being handed over is uncertain", hint="run it again to go on"
        ) from None


def summary(record: EditionRecord, counts: dict[DeliveryStatus, int]) -> dict[str, Any]:
    """An edition for JSON."""
    return {
        "edition": record.name,
        "digest": record.digest,
        "number": record.number,
        "period": record.period.name,
        "start": record.period.start,
        "end": record.period.end,
        "title": record.title,
        "frozen": record.frozen,
        "stopped": record.stopped,
        "articles": record.articles,
        "deliveries": record.deliveries,
        "counts": {status.value: counts.get(status, 0) for status in DeliveryStatus},
        "exclusions": dict(record.exclusions),
    }


# --- trials


def _trial(session: Session, app: App, digest: Digest, period: Period, *, strict: bool) -> Letter:
    """What was frozen, or would be."""
    from digest import desk

    if record := app.editions.find(digest.name, period.name):
        return desk.frozen_trial_letter(app, record)
    prepared = _prepared(session, app, digest, period, strict=strict)
    app.galleries[digest.name].publish()  # a mail program will ask for them
    return desk.trial_letter(app, digest, prepared)


def _send_tests(session: Session, app: App, letter: Letter, addresses: tuple[str, ...]) -> None:
    from digest import desk

    refused = 0

    def told(message: Message, reply: Reply) -> None:
        nonlocal refused
        session.out(f"{message.to}: {reply}")
        refused += not desk.accepted(reply)

    messages = desk.trials(app, letter, addresses)
    run(desk.hand_over(app, messages, told))
    if refused:
        raise DigestError(f"{refused} of {len(messages)} test messages were not accepted")


def _rehearse(session: Session, app: App, prepared: Prepared, digest: Digest, folder: Path | None) -> None:
    """Makes every message, and writes it if there is a folder for it."""
    from digest.sending.outbox import write

    edition = prepared.composition.edition
    made = 0
    for message in _messages(session, app, prepared, digest):
        if folder:
            with writing(folder):
                write(message, folder)
        made += 1
    told = f"{counted(made, 'message')} of {edition.name}"
    session.out(f"{told} in {folder}" if folder else f"{told} would be sent; `--dry-run DIR` writes them")


def _messages(session: Session, app: App, prepared: Prepared, digest: Digest) -> Iterator[Message]:
    """What each reader would get."""
    edition = prepared.composition.edition
    audience = digest.audience(edition.number, app.now())
    letters: dict[Variant, Letter] = {}
    with session.progress("writing", app.editions.readers(audience)) as advance:
        for reader in filter(audience.includes, app.subscribers.each(digest=digest.name)):
            advance(1)
            if not edition.only(reader.selection).sections:
                continue
            variant = audience.variant(reader)
            if variant not in letters:
                rendition = app.renderer.render(edition, variant.selection, prepared.covers, variant.language)
                letters[variant] = app.letter(digest, edition.name, rendition)
            yield app.message(letters[variant], address=reader.address, name=reader.name, subscriber=reader.id)
