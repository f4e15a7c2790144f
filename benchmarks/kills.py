"""Kills a sending run again and again, and lets the mail server's own record be the judge.

    python benchmarks/kills.py --subscribers 10000 --kills 5

A site, its subscribers and an SMTP server of its own (another process, so that nothing dies with the sender). `digest
send` is ended by SIGKILL at a random moment, as often as asked, and then runs to its end. Exits 1 if anybody got the
edition twice, or got nothing and is not listed as uncertain.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP

NOW = "2025-12-08T08:00:00+00:00"
CONNECTIONS = 10
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
"""


class Recorder:
    """Writes the recipient of each message to a file before it answers: what stands there was taken."""

    def __init__(self, record: Path) -> None:
        self._record = record.open("a", buffering=1)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self._record.write(f"{envelope.rcpt_tos[0]}\n")
        return "250 2.0.0 taken"


def serve(record: Path, port: Any) -> None:
    async def forever() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: SMTP(Recorder(record), hostname="post.example.org"), "127.0.0.1", 0)
        port.value = server.sockets[0].getsockname()[1]
        await server.serve_forever()

    asyncio.run(forever())


def site(folder: Path, port: int, subscribers: int) -> None:
    (folder / "content").mkdir()
    (folder / "digest.toml").write_text(CONFIGURATION.format(port=port, connections=CONNECTIONS))
    (folder / "digest.key").write_text("k" * 48)
    for day in range(1, 8):
        for n in range(5):
            (folder / "content" / f"{day}-{n}.md").write_text(
                f"---\ntitle: Story {day}.{n}\ndate: 2025-12-0{day}\ncategory: Part {n}\n"
                f"source: https://news.example.com/{day}/{n}\nexcerpt: {'What happened, and what it means. ' * 4}\n---\n"
            )
    rows = "".join(f"reader{n}@example.org\n" for n in range(subscribers))
    (folder / "people.csv").write_text(f"email\n{rows}")


def digest(folder: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "digest", *words, "-c", str(folder / "digest.toml"), "--now", NOW]


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def kill_at(folder: Path, record: Path, count: int) -> None:
    """Starts a sender, and ends it once the server has taken about ``count`` messages."""
    sender = subprocess.Popen(digest(folder, "send", "--yes"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while len(lines(record)) < count and sender.poll() is None:
        time.sleep(0.002)
    time.sleep(random.random() * 0.02)
    os.kill(sender.pid, signal.SIGKILL)
    sender.wait()


def judge(folder: Path, record: Path, subscribers: int, kills: int) -> int:
    received = Counter(lines(record))
    told = subprocess.run(digest(folder, "editions", "deliveries", "1", "--json"), capture_output=True, check=True)
    ledger = {fact["address"]: fact["status"] for fact in map(json.loads, told.stdout.splitlines())}
    uncertain = {address for address, status in ledger.items() if status == "uncertain"}
    twice = [address for address, count in received.items() if count > 1]
    forgotten = [address for address in ledger if address not in received and address not in uncertain]
    print(f"kills      {kills}, {CONNECTIONS} connections")
    print(f"frozen     {len(ledger)} of {subscribers}")
    print(f"taken      {sum(received.values())} messages for {len(received)} readers")
    print(f"twice      {len(twice)}")
    print(f"forgotten  {len(forgotten)}")
    print(f"uncertain  {len(uncertain)}, of which {len(uncertain & received.keys())} had been taken")
    print(f"statuses   {dict(Counter(ledger.values()))}")
    return 1 if twice or forgotten or len(uncertain) > 2 * CONNECTIONS * kills or len(ledger) != subscribers else 0


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--subscribers", type=int, default=10_000)
    options.add_argument("--kills", type=int, default=5)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder, record = Path(place), Path(place) / "taken"
        port = multiprocessing.Value("i", 0)
        server = multiprocessing.Process(target=serve, args=(record, port), daemon=True)
        server.start()
        while not port.value:
            time.sleep(0.01)
        site(folder, port.value, chosen.subscribers)
        subprocess.run(digest(folder, "subscribers", "import", str(folder / "people.csv")), check=True)
        for kill in range(1, chosen.kills + 1):
            kill_at(folder, record, int(chosen.subscribers * kill / (chosen.kills + 1)))
        subprocess.run(digest(folder, "send", "--yes"), check=True)
        verdict = judge(folder, record, chosen.subscribers, chosen.kills)
        server.terminate()
    return verdict


if __name__ == "__main__":
    sys.exit(main())
