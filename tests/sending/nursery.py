"""Senders as processes of their own, which can be killed; forked, because importing everything takes half a second.

As a program: reads ``URL PORT CONNECTIONS WINDOW LEASE`` from each line of its input, starts a sender, writes its process
id and, once it has ended, its exit status (negative for a signal). A lease in seconds passes in real time.
"""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from signal import SIGKILL, SIGSTOP, Signals
from types import TracebackType
from typing import Self

from digest.sending.ports import Clock
from tests.sending.house import House

REAL_TIME = Clock(lambda: datetime.now(UTC), asyncio.sleep, lambda: 0.5)


class Nursery:
    """One sender at a time, in a process that can be killed at any instant."""

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.sending.nursery"),
            cwd=Path(__file__).parents[2],
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        await self._process.wait()

    async def run(self, url: str, port: int, connections: int, window: int = 2, lease: int = 0) -> int:
        """Starts a sender and waits for its end; returns its exit status."""
        assert self._process.stdin
        self._pid: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._process.stdin.write(f"{url} {port} {connections} {window} {lease}\n".encode())
        self._pid.set_result(await self._number())
        return await self._number()

    async def kill(self, signal: Signals = SIGKILL) -> None:
        with suppress(ProcessLookupError):
            os.kill(await self._pid, signal)

    async def put_to_sleep(self) -> None:
        """SIGSTOP; returns when the process has stopped indeed."""
        await self.kill(SIGSTOP)
        state = b""
        while not state.startswith(b"T"):
            looking = await asyncio.create_subprocess_exec(
                "ps", "-o", "stat=", "-p", str(await self._pid), stdout=asyncio.subprocess.PIPE
            )
            state, _ = await looking.communicate()

    async def _number(self) -> int:
        assert self._process.stdout
        return int(await self._process.stdout.readline())


def main() -> None:
    for line in sys.stdin:
        url, *numbers = line.split()
        port, connections, window, lease = map(int, numbers)
        if (child := os.fork()) == 0:
            house = House(url)
            options = {"lease": timedelta(seconds=lease), "clock": REAL_TIME} if lease else {}
            asyncio.run(house.send(port, connections=connections, window=window, batch=40, **options))
            os._exit(0)
        print(child, flush=True)  # noqa: T201 - this is what it is for
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
