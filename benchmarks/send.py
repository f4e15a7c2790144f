"""Sending into a local sink: the whole path of ours beside Postfix's ``smtp-source``, nodemailer's pool and aiosmtplib.

    python benchmarks/send.py --size 60 --connections 50 --sink smtp-sink fast
    python benchmarks/send.py --size 60 --connections 10 50 --sink wait20 wait50 --chunking
    python benchmarks/send.py --size 60 --connections 50 --dkim none ed25519 rsa2048

Ours is timed from the first claim to the last outcome that is recorded: claims, hand-overs and outcomes are committed
durably, and each message is made for its reader. Publishing and freezing come before. Every run is checked: everything
was accepted and, where the sink can tell, is what it has taken.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path

import outlet
import peers
from measuring import OURS, Way, compare, introduce, timed
from outlet import UNSIGNED, Setup
from peers import Load
from sinks import KINDS, Kind, Sink, missing, sink

from digest.app import App
from digest.model import Rendition

YARDSTICK = "smtp-source"
OUR_ROUNDS = 200  # messages that each connection carries at most in one run, where the sink waits


@dataclass(frozen=True, slots=True)
class Peer:
    """``run`` None says that it is not installed. A slow one sends one in ``share`` messages: its rate needs no more; where
    the sink waits, ``rounds`` for each connection.
    """

    name: str
    run: Callable[[Load], float] | None
    share: int = 1
    rounds: int = 25

    def amount(self, kind: Kind, connections: int, messages: int) -> int:
        part = max(connections, messages // self.share)
        return min(part, connections * self.rounds) if kind.wait else part


@dataclass(frozen=True, slots=True)
class Scene:
    """One table: where the messages go, how many, and how large the mail is."""

    kind: Kind
    sink: Sink
    connections: int
    messages: int
    made: Rendition

    def checked(self, run: Callable[[], float], messages: int) -> float:
        """The seconds of a run, if the sink has taken what was sent."""
        before = self.sink.taken()
        seconds = run()
        after = self.sink.taken()
        if before is not None and after is not None and after - before != messages:
            raise SystemExit(f"{messages} messages were sent, the sink took {after - before}")
        return seconds


def the_peers(keys: Sequence[str]) -> Iterator[Peer]:
    yield Peer(YARDSTICK, peers.smtp_source if peers.has_smtp_source() else None, rounds=50)
    yield Peer("nodemailer pool, raw bytes", _nodemailer(raw=True), share=4)
    yield Peer("nodemailer pool, built for each", _nodemailer(raw=False), share=10)
    if "rsa2048" in keys:
        key = outlet.private_key("rsa2048").decode()
        yield Peer("nodemailer pool, built, rsa2048", _nodemailer(raw=False, rsa_key=key), share=20)
    yield Peer("aiosmtplib, EmailMessage for each", peers.plain_loop, share=20)


def _nodemailer(*, raw: bool, rsa_key: str = "") -> Callable[[Load], float] | None:
    return partial(peers.nodemailer, raw=raw, rsa_key=rsa_key) if peers.has_nodemailer() else None


def ours(scene: Scene, app: App) -> float:
    record = outlet.freeze(app, scene.made)
    seconds = timed(lambda: outlet.deliver(app, record))
    outlet.check(app, record)
    return seconds


def compare_sending(scene: Scene, apps: dict[str, App], runs: int) -> None:
    """``apps`` are ours by what they sign with."""
    size = outlet.message_size(next(iter(apps.values())), scene.made)

    def way(name: str, messages: int, run: Callable[[], float] | None) -> Way:
        return Way(name, messages, partial(scene.checked, run, messages) if run else None)

    ways = [
        way(OURS if key == UNSIGNED else f"{OURS}, {key}", scene.messages, partial(ours, scene, app))
        for key, app in apps.items()
    ]
    for peer in the_peers(tuple(apps)):
        messages = peer.amount(scene.kind, scene.connections, scene.messages)
        load = Load(scene.sink.port, scene.connections, messages, scene.made, size)
        ways.append(way(peer.name, messages, partial(peer.run, load) if peer.run else None))
    title = f"Messages of {size / 1024:.0f} KB into {scene.kind.name} over {scene.connections} connections"
    compare(title, ways, runs=runs, yardstick=YARDSTICK)


def compare_at(given: argparse.Namespace, kind: Kind, connections: int) -> None:
    messages: int = min(given.subscribers, connections * OUR_ROUNDS) if kind.wait else given.subscribers
    with ExitStack() as stack:
        place = stack.enter_context(tempfile.TemporaryDirectory())
        running = stack.enter_context(sink(kind, chunking=given.chunking))
        apps = {}
        for key in given.dkim:
            setup = Setup(connections, given.window, given.processes, key)
            apps[key] = outlet.furnish(Path(place, key), running.port, setup, messages)
            stack.callback(apps[key].database.close)
        for kilobytes in given.size:
            made = outlet.rendition(kilobytes * 1024)
            compare_sending(Scene(kind, running, connections, messages, made), apps, given.runs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--subscribers", type=int, default=20_000)
    parser.add_argument("--size", type=int, nargs="+", default=[60, 5], help="KB")
    parser.add_argument("--connections", type=int, nargs="+", default=[10, 50])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--sink", choices=tuple(KINDS), nargs="+", default=["smtp-sink"])
    parser.add_argument("--chunking", action="store_true", help="our sink offers CHUNKING")
    parser.add_argument("--dkim", choices=outlet.KEYS, nargs="+", default=[UNSIGNED], help="what ours signs with")
    parser.add_argument("--processes", type=int, default=1, help="processes of ours")
    parser.add_argument("--window", type=int, default=2, help="messages under way on each connection of ours")
    given = parser.parse_args()
    kinds = [KINDS[name] for name in given.sink]
    if missing(kinds):
        raise SystemExit(missing(kinds))
    introduce(given.runs)
    for kind, connections in product(kinds, given.connections):
        compare_at(given, kind, connections)


if __name__ == "__main__":
    main()
