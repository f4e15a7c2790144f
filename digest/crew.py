"""Several processes that send as one, each with a ledger, connections and a core of its own.

    deliver ──▶ n x python -m digest.crew     stdin: what to do; its end means stop
       │                    │
     watch ◀── one voice ◀──┘                 stdout: what happened, in batches, after it was committed

There is nothing to hand out: each process asks the ledger what is due, and a claim is its alone. One that dies leaves
its claims to the others. One whose parent is gone reads the end of its input, and stops like one that was told to.
"""

from __future__ import annotations

import asyncio
import math
import os
import pickle
import signal
import struct
import sys
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any

from digest.app import App, clock
from digest.config import Config
from digest.errors import DigestError, TransportError
from digest.model import Delivery, EditionRecord, Outcome
from digest.sending.pace import Part
from digest.sending.ports import Watch
from digest.sending.running import run

REPORTED_EVERY = 0.05  # seconds
_LENGTH = struct.Struct("!I")

Said = tuple[str, tuple[Any, ...]]  # a method of Watch and what it is told; or _ENDED
_ENDED = "ended"
_fields = attrgetter(*(field.name for field in fields(Delivery)))


async def deliver(app: App, record: EditionRecord, watch: Watch, stop: asyncio.Event) -> datetime | None:
    """Hands over all that is due of a frozen edition, in as many processes as are configured.

    Like ``App.deliver``: what is in hand is finished once ``stop`` is set, and when limits ended it, it returns when to
    go on. Cancelled, it kills them. Raises TransportError and StoreError when no process could do its work, DigestError
    when all of them died.
    """
    processes = size(app, record)
    if processes == 1:
        return await app.deliver(record, watch, stop)
    voice = Voice(watch, processes, app.now)
    ahead = app.now() - datetime.now(UTC)
    jobs = [pickle.dumps((app.config, ahead, record, processes, place)) for place in range(processes)]
    async with asyncio.TaskGroup() as group:
        members = [group.create_task(_member(place, job, voice, stop)) for place, job in enumerate(jobs)]
    ends = [member.result() for member in members]
    if all(end.error for end in ends):
        raise _gravest(ends)
    if any(end.died for end in ends) and not stop.is_set():
        return await app.deliver(record, watch, stop)  # what the dead have left, if they outlived the others
    return min((end.goes_on for end in ends if end.goes_on), default=None)


def size(app: App, record: EditionRecord) -> int:
    """How many processes are worth it: as many as are configured, but no more than there are batches due now, and no
    more than the smallest limit can be divided among.
    """
    config = app.config
    configured = config.delivery.processes or os.cpu_count() or 1
    if configured == 1:
        return 1
    batches = math.ceil(app.deliveries.due(record.id, app.now()) / config.delivery.batch)
    limits = [
        *(limit for one in config.smtp for limit in (one.connections, one.per_minute, one.per_hour, one.per_day)),
        *(one.warm_up for one in config.smtp),
        *(limit for one in config.delivery.domains.values() for limit in (one.connections, one.per_hour)),
    ]
    return max(1, min(configured, batches, *filter(None, limits)))


# --- the parent -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class End:
    """How a process ended: ``error`` is why it could not do its work, ``died`` that it did not even say so.

    ``goes_on`` is when there is more to do, where limits ended it.
    """

    error: DigestError | None = None
    goes_on: datetime | None = None
    died: bool = False


def _gravest(ends: list[End]) -> DigestError:
    """What to raise when none did its work: what a server said rather than what became of a process."""
    errors = [end.error for end in ends if end.error]
    return next((error for error in errors if isinstance(error, TransportError)), errors[0])


async def _member(place: int, job: bytes, voice: Voice, stop: asyncio.Event) -> End:
    """One process from its birth to its end. It is in a session of its own: Ctrl-C is for the parent to pass on."""
    try:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "digest.crew"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            start_new_session=True,
        )
    except OSError as error:
        voice.gone(place)
        return End(DigestError(f"a process to send with cannot be started: {error.strerror}"))
    assert process.stdin
    assert process.stdout
    telling = asyncio.create_task(_tell(process.stdin, job, stop))
    try:
        end = await _heard(process.stdout, lambda name, words: voice.hear(place, name, words), stop)
        status = await process.wait()
    finally:
        telling.cancel()
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        voice.gone(place)
    return end or End(DigestError(f"a process that was sending has died (exit status {status})"), died=True)


async def _tell(stdin: asyncio.StreamWriter, job: bytes, stop: asyncio.Event) -> None:
    with suppress(ConnectionError):  # it has died; its output tells
        stdin.write(job)
        await stdin.drain()
        await stop.wait()
        stdin.close()


async def _heard(
    stdout: asyncio.StreamReader, told: Callable[[str, tuple[Any, ...]], None], stop: asyncio.Event
) -> End | None:
    """Passes on all that a process says, up to its last words; None when it has not said them."""
    end, fault = None, None
    with suppress(asyncio.IncompleteReadError):
        while True:
            (length,) = _LENGTH.unpack(await stdout.readexactly(_LENGTH.size))
            said: list[Said] = pickle.loads(await stdout.readexactly(length))  # noqa: S301 - our own process wrote it
            for name, words in said:
                if name == _ENDED:
                    end = End(*words)
                    continue
                try:
                    told(name, words)
                except Exception as error:  # noqa: BLE001 - what is in hand is finished first, then it is raised
                    fault = fault or error
                    stop.set()
    if fault:
        raise fault
    return end


def _flat(outcome: Outcome) -> tuple[Any, ...]:
    """An outcome as it goes from one process to another: one for each message, so it has to be quick."""
    return (outcome.token, outcome.server, outcome.suppress, *_fields(outcome.delivery))


def _outcome(token: str, server: str, suppress: str, *delivery: Any) -> Outcome:
    return Outcome(Delivery(*delivery), token, server, suppress)


class Voice:
    """Tells a watch of several processes what it would be told of one."""

    def __init__(self, watch: Watch, processes: int, now: Callable[[], datetime]) -> None:
        self._watch = watch
        self._now = now
        self._living = set(range(processes))
        self._paused: dict[int, TransportError] = {}
        self._pausing = False
        self._failing: defaultdict[str, set[int]] = defaultdict(set)
        self._spent: dict[str, datetime] = {}

    def hear(self, process: int, name: str, words: tuple[Any, ...]) -> None:
        match name, words:
            case "paused", (error,):
                self._paused[process] = error
                self._weigh()
            case "resumed", ():
                self._paused.pop(process, None)
                self._weigh()
            case "failing", (server, error):
                if not self._failing[server]:
                    self._watch.failing(server, error)
                self._failing[server].add(process)
            case "back", (server,):
                self._back(process, server)
            case "spent", (server, until):
                if server not in self._spent or self._now() >= self._spent[server]:
                    self._spent[server] = until
                    self._watch.spent(server, until)
            case "recorded", _:
                self._watch.recorded(_outcome(*words))
            case _:
                getattr(self._watch, name)(*words)

    def gone(self, process: int) -> None:
        """It will say no more."""
        self._living.discard(process)
        self._paused.pop(process, None)
        for processes in self._failing.values():
            processes.discard(process)
        self._weigh()

    def _back(self, process: int, server: str) -> None:
        self._failing[server].discard(process)
        if not self._failing[server]:
            self._watch.back(server)

    def _weigh(self) -> None:
        """Sending has paused when it has for all, and goes on as soon as it does for one."""
        pausing = self._living == self._paused.keys()
        if not self._living or pausing == self._pausing:
            return
        self._pausing = pausing
        if pausing:
            self._watch.paused(next(iter(self._paused.values())))
        else:
            self._watch.resumed()


# --- the child --------------------------------------------------------------------------------------------------------


class Reporter:
    """A watch that passes on what it is told, in batches. A parent that does not listen any more is no error."""

    def __init__(self) -> None:
        self._said: list[Said] = []
        self._over = False

    def recorded(self, outcome: Outcome) -> None:
        self._said.append(("recorded", _flat(outcome)))

    def skipped(self, count: int) -> None:
        self._said.append(("skipped", (count,)))

    def recovered(self, claims: int, doubts: int) -> None:
        self._said.append(("recovered", (claims, doubts)))

    def paused(self, error: TransportError) -> None:
        self._said.append(("paused", (error,)))

    def resumed(self) -> None:
        self._said.append(("resumed", ()))

    def failing(self, server: str, error: TransportError) -> None:
        self._said.append(("failing", (server, error)))

    def back(self, server: str) -> None:
        self._said.append(("back", (server,)))

    def slowed(self, whom: str, reply: str) -> None:
        self._said.append(("slowed", (whom, reply)))

    def spent(self, server: str, until: datetime) -> None:
        self._said.append(("spent", (server, until)))

    def ended(self, error: DigestError | None, goes_on: datetime | None = None) -> None:
        self._said.append((_ENDED, (error, goes_on)))

    def close(self) -> None:
        """The next report is the last one."""
        self._over = True

    async def report(self) -> None:
        """Writes what is said, until it is closed; in a thread, for the parent may take its time."""
        while not self._over:
            await asyncio.sleep(REPORTED_EVERY)
            await self._pass_on()
        await self._pass_on()  # what was said while the last one was on its way

    async def _pass_on(self) -> None:
        said, self._said = self._said, []
        if said:
            await asyncio.to_thread(_write, pickle.dumps(said))


def _write(data: bytes) -> None:
    try:
        sys.stdout.buffer.write(_LENGTH.pack(len(data)) + data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


async def _work(app: App, record: EditionRecord, processes: int, place: int) -> None:
    stop = asyncio.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):  # an init system tells all processes of a service at once
        asyncio.get_running_loop().add_signal_handler(sign, stop.set)
    relay = Reporter()
    reports = asyncio.create_task(relay.report())
    listening = asyncio.create_task(_listen(stop))
    try:
        relay.ended(None, await app.deliver(record, relay, stop, Part(processes, place)))
    except DigestError as error:
        relay.ended(error)
    finally:
        relay.close()
        listening.cancel()
        await asyncio.gather(reports, listening, return_exceptions=True)


async def _listen(stop: asyncio.Event) -> None:
    """Sets ``stop`` at the end of the input, which is the parent's word, or its own end."""
    reader = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    try:
        await reader.read()
        stop.set()
    finally:
        transport.close()


def main() -> None:
    """A process of a crew: ``deliver`` above has started it, and tells it what to do."""
    try:
        job: tuple[Config, timedelta, EditionRecord, int, int] = pickle.load(sys.stdin.buffer)  # noqa: S301 - our parent wrote it
    except (EOFError, pickle.UnpicklingError):
        return  # the parent was gone before it could say
    config, ahead, record, processes, place = job
    run(_work(App(config, clock(datetime.now(UTC) + ahead)), record, processes, place))


if __name__ == "__main__":
    main()
