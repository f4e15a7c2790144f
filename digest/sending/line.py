"""One open connection to a mail server: bytes out, replies in, strictly in order (RFC 5321, 4.2).

aiosmtplib opens it, secures it and logs in; from then on this protocol has the transport to itself. Its readers may
wait for replies to many commands at once, which is what pipelining is (RFC 2920).
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

REPLIES_MAXIMUM = 1000  # that nobody has read: more than any window asks for
REPLY_MAXIMUM = 64 * 1024  # bytes of one reply, all its lines together
_LINE = re.compile(rb"(\d{3})(?:([ -])(.*))?", re.DOTALL)


class LineError(Exception):
    """The line is of no more use: cut, silent for too long, or speaking nonsense."""


@dataclass(frozen=True, slots=True)
class Said:
    """A server's reply as it came: the lines of a long one are joined by blanks."""

    code: int
    text: str

    @property
    def positive(self) -> bool:
        return self.code // 100 == 2  # noqa: PLR2004 - RFC 5321, 4.2.1


class Line(asyncio.Protocol):
    """Owns a transport that somebody else opened. One reader at a time."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport = transport
        self._rest = b""  # of a line that is not complete
        self._lines: list[bytes] = []  # of a reply that is not complete
        self._replies: deque[Said] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._fault = ""
        self._deadline = 0.0
        self._timer: asyncio.TimerHandle | None = None
        transport.set_protocol(self)

    # --- for whoever speaks

    @property
    def is_open(self) -> bool:
        return not self._fault and not self._transport.is_closing()

    @property
    def is_quiet(self) -> bool:
        """Whether nothing was said that nobody has read. What a server says too early would pass for another answer."""
        return not self._replies and not self._lines and not self._rest

    def write(self, pieces: Iterable[bytes]) -> None:
        """Hands the pieces to the transport as they are. What becomes of them, the next reply tells."""
        if self.is_open:
            self._transport.writelines(pieces)

    async def reply(self, patience: float) -> Said:
        """The next reply, for which to wait so many seconds. Raises LineError."""
        if not self._replies:
            await self._wait(patience)
        return self._replies.popleft()

    def abort(self) -> None:
        """Drops the line without a word."""
        self._fail("closed")
        self._transport.abort()

    async def close(self, patience: float) -> None:
        """Says goodbye, and waits so long for the end at most, whatever the server has still to say."""
        self.write([b"QUIT\r\n"])
        try:
            async with asyncio.timeout(patience):
                while self.is_open:
                    await self.reply(patience)
        except (LineError, TimeoutError):
            pass
        finally:
            self._fail("closed")
            self._transport.close()

    # --- for the transport

    def data_received(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._heard(line.removesuffix(b"\r"))
        if len(self._rest) + sum(map(len, self._lines)) > REPLY_MAXIMUM:
            self._fail("the server's reply has no end")
        if len(self._replies) > REPLIES_MAXIMUM:
            self._fail("the server does not stop answering")
        if self._replies:
            self._wake()

    def eof_received(self) -> bool:
        self._fail("the server closed the connection")
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(f"the connection was lost{f': {exc}' if exc else ''}")
        if self._timer is not None:
            self._timer.cancel()

    def _heard(self, line: bytes) -> None:
        if self._fault:
            return
        found = _LINE.fullmatch(line)
        if found is None or (self._lines and self._lines[0][:3] != found[1]):
            self._fail(f"the server spoke nonsense: {line[:80].decode('utf-8', 'replace')}")
            return
        self._lines.append(line)
        if found[2] != b"-":
            text = b" ".join(part[4:].strip() for part in self._lines).decode("utf-8", "replace")
            self._replies.append(Said(int(found[1]), text))
            self._lines = []

    # --- waiting

    async def _wait(self, patience: float) -> None:
        if self._fault:
            raise LineError(self._fault)
        self._waiter = self._loop.create_future()
        self._deadline = self._loop.time() + patience
        if self._timer is None or self._timer.when() > self._deadline:
            self._set_timer()
        try:
            await self._waiter
        finally:
            self._waiter = None
        if not self._replies:
            raise LineError(self._fault)

    def _set_timer(self) -> None:
        """One timer serves many waits: it looks whether the latest of them is over, and else comes again."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(self._deadline, self._look)

    def _look(self) -> None:
        self._timer = None
        if self._waiter is None:
            return
        if self._loop.time() >= self._deadline:
            self._fail("the server did not answer in time")
        else:
            self._set_timer()

    def _fail(self, fault: str) -> None:
        self._fault = self._fault or fault
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
