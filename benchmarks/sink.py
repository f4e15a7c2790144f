"""A mail server that takes everything and keeps nothing, faster than Postfix's ``smtp-sink``, and able to wait.

    python benchmarks/sink.py --wait 20 --chunking

Prints its port, and for each line on standard input one line of JSON: what it has taken so far. Ends with its standard
input, so that it outlives nobody.

Content is searched for its end where it was received, without being copied or split into lines. With ``--wait`` each
batch of replies leaves that much later than what it answers came in, whatever else is under way: a round trip of that
length. With ``--record`` the recipients of each message are in a file before it is answered, so that whatever becomes
of the sender, what stands there was taken, and nothing else was.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import cast

import uvloop

BUFFER = 1 << 18
BACKLOG = 1000  # connections that may wait to be taken
END = b"\r\n.\r\n"  # RFC 5321, 4.1.1.4; its first CRLF may be the one that ends DATA
EXTENSIONS = ("PIPELINING", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "SIZE 52428800")


class Store:
    """What was taken, by all connections together."""

    def __init__(self, record: Path | None) -> None:
        self.messages = 0
        self.octets = 0
        self._record = os.open(record, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600) if record else -1

    def take(self, recipients: list[bytes], octets: int) -> None:
        self.messages += 1
        self.octets += octets
        if self._record >= 0:
            os.write(self._record, b"".join(recipient + b"\n" for recipient in recipients))

    def told(self) -> str:
        return json.dumps({"messages": self.messages, "octets": self.octets})


class Session(asyncio.BufferedProtocol):
    """One connection. A reader takes what it can of the buffer from a position, and says how far it came."""

    def __init__(self, store: Store, wait: float, *, chunking: bool) -> None:
        self._store = store
        self._wait = wait
        self._extensions = (*EXTENSIONS, "CHUNKING") if chunking else EXTENSIONS
        self._buffer = bytearray(BUFFER)
        self._view = memoryview(self._buffer)
        self._kept = 0  # octets at the start of the buffer that were received before and are still needed
        self._read: Callable[[int, int], int] = self._read_command
        self._recipients: list[bytes] = []
        self._octets = 0
        self._chunk = 0  # octets of it that are still to come
        self._is_last_chunk = False
        self._replies: list[bytes] = []
        self._waiting: deque[bytes] = deque()
        self._leaving = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._replies.append(b"220 sink.example.org ESMTP\r\n")
        self._answer()

    def get_buffer(self, _hint: int) -> memoryview:
        return self._view[self._kept :]

    def buffer_updated(self, count: int) -> None:
        end = self._kept + count
        at, before = 0, None
        while (at, self._read) != before:
            before = at, self._read
            at = self._read(at, end)
        self._kept = end - at
        self._buffer[: self._kept] = self._buffer[at:end]
        if self._kept == BUFFER:  # a command without an end
            self._transport.abort()
        elif self._replies:
            self._answer()

    # --- readers

    def _read_command(self, at: int, end: int) -> int:
        stop = self._buffer.find(b"\r\n", at, end)
        if stop < 0:
            return at
        self._obey(bytes(self._buffer[at:stop]))
        return stop if self._read == self._read_content else stop + 2

    def _read_content(self, at: int, end: int) -> int:
        found = self._buffer.find(END, at, end)
        if found < 0:
            kept = min(end - at, len(END) - 1)
            self._octets += end - at - kept
            return end - kept
        self._octets += found + 2 - at
        self._taken()
        return found + len(END)

    def _read_chunk(self, at: int, end: int) -> int:
        octets = min(self._chunk, end - at)
        self._chunk -= octets
        self._octets += octets
        if not self._chunk:
            self._end_chunk()
        return at + octets

    # --- the dialogue

    def _obey(self, line: bytes) -> None:
        verb, _, rest = line.partition(b" ")
        match verb.upper():
            case b"MAIL":
                self._begin()
                self._replies.append(b"250 2.1.0 fine\r\n")
            case b"RCPT":
                self._recipients.append(rest.partition(b"<")[2].rpartition(b">")[0])
                self._replies.append(b"250 2.1.5 fine\r\n")
            case b"DATA" if self._recipients:
                self._octets = -2  # the command's own CRLF is read again, and is no content
                self._read = self._read_content
                self._replies.append(b"354 go on\r\n")
            case b"BDAT":
                octets, _, last = rest.partition(b" ")
                self._chunk, self._is_last_chunk = int(octets), last.upper() == b"LAST"
                self._read = self._read_chunk
            case other:
                self._replies.append(self._said_to(other))

    def _said_to(self, verb: bytes) -> bytes:
        """The answer to a command that is not about a message."""
        match verb:
            case b"EHLO":
                lines = ("sink.example.org", *self._extensions)
                last = len(lines) - 1
                return b"".join(b"250%c%s\r\n" % (b"- "[n == last], line.encode()) for n, line in enumerate(lines))
            case b"QUIT":
                self._leaving = True
                return b"221 2.0.0 bye\r\n"
            case b"HELO" | b"RSET" | b"NOOP":
                self._begin()
                return b"250 2.0.0 fine\r\n"
            case b"DATA":
                return b"503 5.5.1 for whom?\r\n"
        return b"502 5.5.1 not known here\r\n"

    def _begin(self) -> None:
        self._recipients = []
        self._octets = 0

    def _end_chunk(self) -> None:
        self._read = self._read_command
        if not self._recipients:
            self._replies.append(b"503 5.5.1 for whom?\r\n")
        elif self._is_last_chunk:
            self._taken()
        else:
            self._replies.append(b"250 2.0.0 go on\r\n")

    def _taken(self) -> None:
        self._store.take(self._recipients, self._octets)
        self._begin()
        self._read = self._read_command
        self._replies.append(b"250 2.0.0 taken\r\n")

    # --- replies

    def _answer(self) -> None:
        self._waiting.append(b"".join(self._replies))
        self._replies.clear()
        if self._wait:
            asyncio.get_running_loop().call_later(self._wait, self._say)
        else:
            self._say()

    def _say(self) -> None:
        reply = self._waiting.popleft()
        if self._transport.is_closing():  # whoever asked has gone
            return
        self._transport.write(reply)
        if self._leaving and not self._waiting:
            self._transport.close()


async def serve(store: Store, wait: float, *, chunking: bool) -> None:
    """Until standard input ends."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()

    def asked() -> None:
        lines = os.read(0, 4096)
        for _ in range(lines.count(b"\n")):
            print(store.told(), flush=True)
        if not lines:
            loop.remove_reader(0)
            ended.set()

    server = await loop.create_server(lambda: Session(store, wait, chunking=chunking), "127.0.0.1", backlog=BACKLOG)
    print(server.sockets[0].getsockname()[1], flush=True)
    loop.add_reader(0, asked)
    await ended.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wait", type=float, default=0, metavar="MS", help="how much later each reply leaves")
    parser.add_argument("--chunking", action="store_true", help="offer CHUNKING (RFC 3030)")
    parser.add_argument("--record", type=Path, metavar="FILE", help="write each message's recipients there")
    given = parser.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(Store(given.record), given.wait / 1000, chunking=given.chunking))


if __name__ == "__main__":
    main()
