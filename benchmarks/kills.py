"""Kills senders again and again while they send, and lets the mail server's own record be the judge.

    python benchmarks/kills.py --subscribers 10000 --kills 50 --senders 3 --chunking

A site, its subscribers and a mail server of its own (another process, so that nothing dies with a sender), which writes
down each recipient before it answers. Some `digest send` run side by side on one database; one of them is ended by
SIGKILL at a random moment and replaced by a new one, as often as asked, spread over the whole run. Then they may finish.

Exits 1 if anybody got the edition twice, or got nothing and is not listed as uncertain, or if more are uncertain than
the kills account for, or if the program's own counts do not add up.
"""

from __future__ import annotations

import argparse
import json
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sinks import KINDS, Sink, sink

NOW = "2025-12-08T08:00:00+00:00"
EDITION = "1"
KILLED = -9
PATIENCE = 120  # seconds between two kills, or until the last senders have ended
SPREAD = 0.95  # of the messages: whoever is to be killed must still have some to send
CONFIGURATION = """
[site]
title = "Quay News"
postal_address = "Quay News, 1 Quay Street, Saltmere"
[[sources]]
files = "content"
[digests.weekly]
from = "Quay News <weekly@quay.example.org>"
[smtp]
host = "127.0.0.1"
port = {port}
tls = "none"
connections = {connections}
[delivery]
window = {window}
lease = "12h"
batch = 200
"""


@dataclass(frozen=True, slots=True)
class Trial:
    folder: Path
    record: Path
    subscribers: int
    kills: int
    senders: int
    connections: int
    window: int
    configuration: str = CONFIGURATION

    @property
    def most_uncertain(self) -> int:
        return self.kills * self.connections * self.window


def furnish(trial: Trial, port: int) -> None:
    (trial.folder / "content").mkdir()
    configuration = trial.configuration.format(port=port, connections=trial.connections, window=trial.window)
    (trial.folder / "digest.toml").write_text(configuration)
    (trial.folder / "digest.key").write_text("k" * 48)
    for day in range(1, 8):
        for n in range(5):
            (trial.folder / "content" / f"{day}-{n}.md").write_text(
                f"---\ntitle: Story {day}.{n}\ndate: 2025-12-0{day}\ncategory: Part {n}\n"
                f"source: https://news.example.com/{day}/{n}\nexcerpt: {'What happened, and what it means. ' * 4}\n---\n"
            )
    rows = "".join(f"reader{n}@example.org\n" for n in range(trial.subscribers))
    (trial.folder / "people.csv").write_text(f"email\n{rows}")
    subprocess.run(
        digest(trial, "subscribers", "import", str(trial.folder / "people.csv")), check=True, stdout=subprocess.DEVNULL
    )


# --- senders -------------------------------------------------------------------------------------------------------


def digest(trial: Trial, *words: str) -> list[str]:
    return [sys.executable, "-m", "digest", *words, "-c", str(trial.folder / "digest.toml"), "--now", NOW]


def started(trial: Trial) -> subprocess.Popen[bytes]:
    return subprocess.Popen(digest(trial, "send", "--yes"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def at_work(trial: Trial, running: list[subprocess.Popen[bytes]]) -> list[subprocess.Popen[bytes]]:
    """Those that have enlisted in the ledger; the others are starting still, and there would be no art in killing them."""
    with closing(sqlite3.connect(f"file:{trial.folder / 'digest.db'}?mode=ro", uri=True)) as database:
        enlisted = {process for (process,) in database.execute("SELECT process FROM senders")}
    return [sender for sender in running if sender.pid in enlisted and sender.poll() is None]


def send_and_kill(trial: Trial, server: Sink) -> int:
    """How many were killed: fewer than asked for only where the senders were done before."""
    stride = trial.subscribers * SPREAD / trial.kills
    moments = [int((kill + random.random()) * stride) for kill in range(trial.kills)]
    running = [started(trial) for _ in range(trial.senders)]
    killed = 0
    try:
        for moment in moments:
            victim = a_victim(trial, server, running, moment)
            if victim is None:
                break
            victim.kill()
            killed += victim.wait() == KILLED
            running.remove(victim)
            running.append(started(trial))
        for sender in running:
            sender.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        raise SystemExit(f"a sender hangs: nothing has happened for {PATIENCE} s") from None
    finally:
        for sender in running:
            sender.kill()
            sender.wait()
    return killed


def a_victim(
    trial: Trial, server: Sink, running: list[subprocess.Popen[bytes]], moment: int
) -> subprocess.Popen[bytes] | None:
    """A sender at work, some random milliseconds after the server has taken ``moment`` messages; None: all have ended."""
    end = time.monotonic() + PATIENCE
    while any(sender.poll() is None for sender in running):
        if (server.taken() or 0) >= moment:
            time.sleep(random.random() * 0.03)
            if candidates := at_work(trial, running):
                return random.choice(candidates)
        if time.monotonic() > end:
            raise subprocess.TimeoutExpired("digest send", PATIENCE)
        time.sleep(0.002)
    return None


# --- the verdict ---------------------------------------------------------------------------------------------------


def told(trial: Trial, *words: str) -> list[dict[str, Any]]:
    done = subprocess.run(digest(trial, "editions", *words, "--json"), capture_output=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def judge(trial: Trial, killed: int) -> list[str]:
    """What is wrong."""
    received = Counter(trial.record.read_text().splitlines())
    ledger = {fact["address"]: fact["status"] for fact in told(trial, "deliveries", EDITION)}
    uncertain = {fact["address"] for fact in told(trial, "deliveries", EDITION, "--status", "uncertain")}
    (shown,) = told(trial, "show", EDITION)
    twice = [address for address, count in received.items() if count > 1]
    forgotten = [address for address in ledger if address not in received and address not in uncertain]
    lies = [address for address, status in ledger.items() if status == "accepted" and address not in received]
    total = sum(shown["counts"].values())
    print(f"kills      {killed}; {trial.senders} senders at once, {trial.connections} connections x {trial.window}")
    print(f"frozen     {shown['deliveries']} of {trial.subscribers}; the counts add up to {total}")
    print(f"taken      {sum(received.values())} messages for {len(received)} readers")
    print(f"twice      {len(twice)}")
    print(f"forgotten  {len(forgotten)}")
    print(
        f"uncertain  {len(uncertain)} of at most {trial.most_uncertain}; {len(uncertain & received.keys())} were taken"
    )
    print(f"statuses   {dict(Counter(ledger.values()))}")
    wrong = {
        "somebody got it twice": twice,
        "somebody was forgotten": forgotten,
        "somebody counts as accepted, and the server knows nothing of it": lies,
        "more are uncertain than the kills account for": len(uncertain) > replace(trial, kills=killed).most_uncertain,
        "not all who are uncertain are listed": uncertain
        != {a for a, status in ledger.items() if status == "uncertain"},
        "the counts do not add up": not total == len(ledger) == shown["deliveries"] == trial.subscribers,
        "there were fewer kills than asked for": killed < trial.kills,
    }
    return [what for what, found in wrong.items() if found]


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--subscribers", type=int, default=10_000)
    options.add_argument("--kills", type=int, default=50)
    options.add_argument("--senders", type=int, default=1)
    options.add_argument("--connections", type=int, default=10)
    options.add_argument("--window", type=int, default=2)
    options.add_argument("--chunking", action="store_true", help="the server offers CHUNKING")
    options.add_argument("--wait", type=float, default=5, metavar="MS", help="the length of a round trip")
    options.add_argument("--seed", type=int, help="for the same random choices again; the machine's own chance remains")
    chosen = options.parse_args()
    random.seed(chosen.seed)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        kept = {name: vars(chosen)[name] for name in ("subscribers", "kills", "senders", "connections", "window")}
        trial = Trial(folder, folder / "taken", **kept)
        kind = replace(KINDS["fast"], wait=chosen.wait)
        with sink(kind, chunking=chosen.chunking, record=trial.record) as server:
            furnish(trial, server.port)
            start = time.perf_counter()
            killed = send_and_kill(trial, server)
            last = subprocess.run(digest(trial, "send", "--yes"), capture_output=True, text=True, check=False)
            if last.returncode:
                print(f"the last run ended with {last.returncode}: {last.stderr.strip()}")
            print(f"took       {time.perf_counter() - start:.0f} s")
            wrong = judge(trial, killed)
    for what in wrong:
        print(f"WRONG: {what}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
