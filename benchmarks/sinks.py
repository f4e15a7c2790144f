"""Mail servers that throw everything away, each in a process of its own: Postfix's ``smtp-sink``, and ``sink.py``."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

BACKLOG = 1000  # connections that may wait: more than anybody opens here


@dataclass(frozen=True, slots=True)
class Kind:
    """A sink: Postfix's own, or ours, which answers after ``wait`` milliseconds."""

    name: str
    ours: bool
    wait: int = 0


KINDS = {
    kind.name: kind
    for kind in (
        Kind("smtp-sink", ours=False),
        Kind("fast", ours=True),
        Kind("wait20", ours=True, wait=20),
        Kind("wait50", ours=True, wait=50),
    )
}


class Sink:
    """A running sink on loopback."""

    def __init__(self, port: int, process: subprocess.Popen[str] | None = None) -> None:
        self.port = port
        self._process = process

    def taken(self) -> int | None:
        """The messages it has taken so far; None when it is one that does not tell."""
        if self._process is None or self._process.stdin is None or self._process.stdout is None:
            return None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return int(json.loads(self._process.stdout.readline())["messages"])


@contextmanager
def sink(kind: Kind, *, chunking: bool = False, record: Path | None = None) -> Iterator[Sink]:
    """Runs a sink; ``chunking`` and ``record`` are for ours alone."""
    if not kind.ours:
        with _smtp_sink() as port:
            yield Sink(port)
        return
    options = ["--wait", str(kind.wait), *(["--chunking"] if chunking else [])]
    options += ["--record", str(record)] if record else []
    command = [sys.executable, str(Path(__file__).parent / "sink.py"), *options]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        if process.stdin is None or process.stdout is None:
            raise SystemExit("sink.py has no pipes")
        with closing(process.stdin):  # which ends it
            yield Sink(int(process.stdout.readline()), process)


def tool(name: str) -> str:
    """Where a tool of Postfix is, "" if nowhere; Debian keeps them outside of a user's PATH."""
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin") or ""


def missing(kinds: Sequence[Kind]) -> str:
    """What has to be installed for these sinks, "" if nothing."""
    if all(kind.ours for kind in kinds) or tool("smtp-sink"):
        return ""
    return "smtp-sink is not installed: Debian has it in the package postfix; --sink fast needs nothing"


@contextmanager
def _smtp_sink() -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    user = ["-u", "nobody"] if os.geteuid() == 0 else []  # root has to become somebody else
    command = [tool("smtp-sink"), "-4", *user, "-m", str(BACKLOG), f"127.0.0.1:{port}", str(BACKLOG)]
    with subprocess.Popen(command) as process:
        try:
            _wait_for(port, process)
            yield port
        finally:
            process.terminate()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(100):
        if process.poll() is not None:
            raise SystemExit(f"smtp-sink ended at once with {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except ConnectionRefusedError:
            time.sleep(0.05)
        else:
            return
    raise SystemExit("smtp-sink does not answer")
