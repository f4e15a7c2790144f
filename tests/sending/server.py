"""A mail server for tests: says what a script tells it to say, and keeps a record of all that it heard and took.

Its record is the judge of every test: a message counts as taken once all of it has arrived and was answered 2yz, and it
is written down before the answer leaves. It reads commands as they come, so it can be spoken to in any of the dialogues
that ``extensions`` announce: command by command, pipelined (RFC 2920), in chunks (RFC 3030).
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import ssl
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import Enum, auto
from types import TracebackType
from typing import Self

FINAL = "."  # the stage of the answer to a whole message, however it came
GREETING = ""
PLAIN, PIPELINED, CHUNKING = "plain", "pipelined", "chunking"
DIALOGUES = {PLAIN: (), PIPELINED: ("PIPELINING",), CHUNKING: ("PIPELINING", "CHUNKING")}


class Then(Enum):
    """What the server does after an answer."""

    GO_ON = auto()
    CUT = auto()  # the line is cut
    CUT_IN_BODY = auto()  # ... when some of the content has arrived
    HANG = auto()  # it says nothing ever again


@dataclass(frozen=True, slots=True)
class Answer:
    text: bytes = b""
    then: Then = Then.GO_ON
    pieces: int = 0  # bytes written at a time; 0 is all at once
    read: int = 100  # bytes of content before CUT_IN_BODY
    after: Callable[[], None] = lambda: None

    @property
    def code(self) -> int:
        return int(self.text[:3]) if self.text[:3].isdigit() else 0


def say(text: str, then: Then = Then.GO_ON, *, pieces: int = 0, after: Callable[[], None] = lambda: None) -> Answer:
    return Answer(text.encode() + b"\r\n", then, pieces, after=after)


def cut_in_body(stage: str, read: int = 100) -> Answer:
    """To DATA or BDAT: so much of the content is read, then the line is cut."""
    return Answer(b"354 go on\r\n" if stage == "DATA" else b"", Then.CUT_IN_BODY, read=read)


CUT = Answer(then=Then.CUT)
HANG = Answer(then=Then.HANG)


@dataclass(frozen=True, slots=True)
class Moment:
    """When the script is asked: ``stage`` is a verb, GREETING or FINAL; ``turn`` counts this stage for all connections.

    At BDAT it is asked before the content is read, and an answer there is one too many.
    """

    stage: str
    turn: int
    connection: int
    argument: str = ""
    to: str = ""
    secure: bool = False


@dataclass(frozen=True, slots=True)
class Content:
    """A message that arrived whole; ``code`` is what was to be answered, 0 when the answer was none."""

    to: str
    data: bytes
    code: int
    connection: int


Script = Callable[[Moment], Answer | Awaitable[Answer | None] | None]
_ADDRESS = re.compile(r"<(.*)>")
_USUAL = {
    GREETING: "220 scripted.example.org ESMTP",
    "HELO": "250 scripted.example.org",
    "MAIL": "250 2.1.0 ok",
    "RCPT": "250 2.1.5 ok",
    "DATA": "354 go on",
    FINAL: "250 2.0.0 taken",
    "RSET": "250 2.0.0 ok",
    "QUIT": "221 2.0.0 bye",
    "STARTTLS": "220 2.0.0 ready",
    "AUTH": "235 2.7.0 welcome",
}
_IN_ORDER = {"MAIL": ("", "503 5.5.1 one at a time"), "RCPT": ("MAIL", "503 5.5.1 from whom?")}
_END = b"\r\n.\r\n"
_TO_NOBODY = "554 5.5.1 no valid recipients"


@dataclass(slots=True)
class ScriptedServer:
    """Listens while its context lasts, unless ``listening`` is False: then from ``listen()`` on."""

    script: Script = lambda _: None
    extensions: tuple[str, ...] = ("SMTPUTF8", "8BITMIME")
    tls: ssl.SSLContext | None = None  # offered as STARTTLS
    implicit: bool = False
    listening: bool = True
    port: int = 0
    connections: int = 0
    heard: list[tuple[int, str]] = field(default_factory=list)  # connection and line, content left out
    contents: list[Content] = field(default_factory=list)
    begun: Counter[str] = field(default_factory=Counter)  # content began to come in for these so often
    _turns: Counter[str] = field(default_factory=Counter)
    # Named as TCP, or asyncio does not switch Nagle's algorithm off: each of several small answers would wait.
    _socket: socket.socket = field(default_factory=lambda: socket.socket(proto=socket.IPPROTO_TCP))
    _server: asyncio.Server | None = None
    _talks: set[asyncio.Task[None]] = field(default_factory=set)

    async def __aenter__(self) -> Self:
        self._socket.bind(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        if self.listening:
            await self.listen()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
        for talk in self._talks:
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)
        self._socket.close()

    async def listen(self) -> None:
        context = self.tls if self.implicit else None
        self._server = await asyncio.start_server(self._met, sock=self._socket, ssl=context, limit=2**20)

    # --- the record

    @property
    def taken(self) -> Counter[str]:
        """How many messages this server has taken responsibility for, by recipient."""
        return Counter(content.to for content in self.contents if content.code // 100 == 2)

    async def settled(self) -> None:
        """Waits until all connections have ended, and all that came over them is in the record."""
        while self._talks:
            await asyncio.wait(self._talks, timeout=5)

    def verbs(self, connection: int | None = None) -> list[str]:
        return [line.split(" ")[0] for number, line in self.heard if connection in {None, number}]

    # --- the dialogue

    async def _met(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._talks.add(task)
        task.add_done_callback(self._talks.discard)
        self.connections += 1
        with contextlib.suppress(
            ConnectionError, asyncio.IncompleteReadError, ssl.SSLError, asyncio.CancelledError
        ):  # the callback of asyncio's streams cannot bear a cancelled task
            await _Talk(self, reader, writer, self.connections).to_the_end()
        if not writer.transport.is_closing():
            writer.transport.abort()

    async def answer(self, stage: str, connection: int, argument: str, to: str, *, known: str, secure: bool) -> Answer:
        """``known`` is the last of MAIL and RCPT that was granted."""
        self._turns[stage] += 1
        asked = self.script(Moment(stage, self._turns[stage], connection, argument, to, secure))
        scripted = await asked if isinstance(asked, Awaitable) else asked
        if scripted is not None:
            return scripted
        if stage == "BDAT":
            return Answer()
        if stage in _IN_ORDER and known != _IN_ORDER[stage][0]:
            return say(_IN_ORDER[stage][1])
        if stage in {"DATA", FINAL} and known != "RCPT":
            return say(_TO_NOBODY)
        if stage == "EHLO":
            offers = [*self.extensions, *(["STARTTLS"] if self.tls and not secure else [])]
            lines = ["scripted.example.org", *offers]
            return say("\r\n".join([*(f"250-{line}" for line in lines[:-1]), f"250 {lines[-1]}"]))
        return say(_USUAL.get(stage, "502 5.5.1 not known here"))


class _Talk:
    """One connection."""

    def __init__(
        self, server: ScriptedServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int
    ) -> None:
        self._server = server
        self._reader = reader
        self._writer = writer
        self._number = number
        self._secure = server.implicit
        self._to = ""
        self._known = ""  # the last of MAIL and RCPT that was granted in this transaction

    async def to_the_end(self) -> None:
        going = await self._say(await self._answer(GREETING))
        while going and (line := await self._reader.readline()).endswith(b"\n"):
            going = await self._heard(line.decode().rstrip("\r\n"))

    async def _heard(self, line: str) -> bool:
        self._server.heard.append((self._number, line))
        verb, _, argument = line.partition(" ")
        if verb == "RCPT" and (found := _ADDRESS.search(argument)):
            self._to = found[1]
        answer = await self._answer(verb, argument)
        if verb in {"MAIL", "RCPT"} and answer.code == 250:
            self._known = verb
        elif verb in {"RSET", "EHLO", "HELO"}:
            self._known = ""
        if not await self._say(answer):
            return False
        if verb == "STARTTLS" and answer.code == 220 and self._server.tls is not None:
            await self._writer.start_tls(self._server.tls)
            self._secure = True
        if verb == "DATA" and answer.code == 354:
            first = await self._first_byte()
            return await self._take((first + await self._reader.readuntil(_END[3 if first == b"." else 0 :]))[:-3])
        if verb == "BDAT":
            return await self._take(
                await self._first_byte() + await self._reader.readexactly(int(argument.split()[0]) - 1)
            )
        return verb != "QUIT"

    async def _first_byte(self) -> bytes:
        """Of content: from then on the sender cannot know any more whether it was taken."""
        first = await self._reader.readexactly(1)
        if self._known == "RCPT":
            self._server.begun[self._to] += 1
        return first

    async def _take(self, data: bytes) -> bool:
        answer = await self._answer(FINAL)
        if self._known == "RCPT":
            self._server.contents.append(Content(self._to, data, answer.code, self._number))
        self._known = ""
        return await self._say(answer)

    async def _answer(self, stage: str, argument: str = "") -> Answer:
        return await self._server.answer(
            stage, self._number, argument, self._to, known=self._known, secure=self._secure
        )

    async def _say(self, answer: Answer) -> bool:
        """Whether the dialogue goes on."""
        size = answer.pieces or len(answer.text) or 1
        for start in range(0, len(answer.text), size):
            self._writer.write(answer.text[start : start + size])
            await self._writer.drain()
            if answer.pieces:
                await asyncio.sleep(0)
        answer.after()
        match answer.then:
            case Then.HANG:
                await self._reader.read()
            case Then.CUT_IN_BODY:
                await self._first_byte()
                await self._reader.readexactly(answer.read - 1)
        return answer.then is Then.GO_ON
