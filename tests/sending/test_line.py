"""What a line makes of the bytes that come over it, however they are cut into pieces, and whatever they are."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.sending.line import REPLY_MAXIMUM, Line, LineError, Said

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=30).map(lambda text: text.strip())
REPLIES = st.lists(st.tuples(st.integers(200, 599), st.lists(TEXT, min_size=1, max_size=4)), max_size=6)
CUTS = st.lists(st.integers(0, 600), max_size=12)
# One line that is no line of a reply: no three digits, or neither blank nor hyphen behind them.
NO_REPLY = st.binary(max_size=30).filter(lambda b: b"\n" not in b and not re.match(rb"\d{3}([ -]|\r?$)", b))


class Wire(asyncio.Transport):
    """A transport without a network: what is written to it is kept."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.closed = False

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """It is fed by hand."""

    def writelines(self, pieces: Iterable[bytes | bytearray | memoryview]) -> None:
        self.written.extend(bytes(piece) for piece in pieces)

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    abort = close


def wire(replies: Sequence[tuple[int, list[str]]], end: bytes = b"\r\n") -> bytes:
    said = b""
    for code, (*more, last) in replies:
        said += b"".join(f"{code}-{text}".encode() + end for text in more) + f"{code} {last}".encode() + end
    return said


def pieces(data: bytes, cuts: Iterable[int]) -> list[bytes]:
    edges = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    return [data[start:stop] for start, stop in pairwise(edges)]


def heard(data: Iterable[bytes], *, and_then_cut: bool = False) -> tuple[list[Said], bool]:
    """All replies that a line finds in it, and whether it is of any more use."""

    async def hear() -> tuple[list[Said], bool]:
        line = Line(Wire())
        for piece in data:
            line.data_received(piece)
        was_open = line.is_open
        if and_then_cut:
            line.eof_received()
            line.connection_lost(None)
        found = []
        with contextlib.suppress(LineError):
            while True:
                found.append(await line.reply(0))
        return found, was_open

    return asyncio.run(hear())


@given(REPLIES, CUTS, st.sampled_from([b"\r\n", b"\n"]))
@example([(250, ["a", "b"])], list(range(30)), b"\r\n")
def test_replies_in_any_fragmentation_are_the_same_replies(replies, cuts: list[int], end: bytes):
    found, is_open = heard(pieces(wire(replies, end), cuts))
    assert found == [Said(code, " ".join(texts)) for code, texts in replies]
    assert is_open


@given(REPLIES, NO_REPLY, REPLIES)
def test_after_garbage_nothing_more_is_believed(before, garbage: bytes, behind):
    found, is_open = heard([wire(before) + garbage + b"\r\n" + wire(behind)])
    assert len(found) == len(before)
    assert not is_open


@given(st.binary(max_size=300))
def test_garbage_is_never_taken_for_a_yes(data: bytes):
    said_yes = len(re.findall(rb"(?m)^2\d\d(?: |\r?$)", data))
    found, _ = heard([data])
    assert sum(reply.positive for reply in found) <= said_yes


@given(REPLIES.filter(len), st.integers(1, 200))
def test_a_reply_of_which_the_end_is_missing_is_none(replies, missing: int):
    data = wire(replies)[:-missing]
    found, _ = heard([data], and_then_cut=True)
    assert len(found) == sum(data.startswith(wire(replies[:many])) for many in range(1, len(replies) + 1))


@pytest.mark.parametrize("data", [b"250 " + b"x" * REPLY_MAXIMUM, b"250-more\r\n" * (REPLY_MAXIMUM // 4)])
def test_a_reply_without_end_is_given_up(data: bytes):
    found, is_open = heard([data])
    assert found == []
    assert not is_open


def test_a_reply_whose_lines_disagree_is_nonsense():
    assert heard([b"250-one\r\n550 two\r\n"]) == ([], False)


async def test_a_line_that_is_quiet_has_nothing_unread():
    line = Line(Wire())
    assert line.is_quiet
    line.data_received(b"2")
    assert not line.is_quiet
    line.data_received(b"50 ok\r\n")
    assert not line.is_quiet
    assert await line.reply(1) == Said(250, "ok")
    assert line.is_quiet


async def test_silence_ends_the_line_when_patience_does_even_after_a_shorter_wait():
    line = Line(Wire())
    asyncio.get_running_loop().call_soon(line.data_received, b"250 ok\r\n")
    assert (await line.reply(60)).positive
    with pytest.raises(LineError, match="did not answer in time"):
        await line.reply(0.01)
    assert not line.is_open


async def test_nothing_is_written_to_a_line_that_was_cut():
    way = Wire()
    line = Line(way)
    line.eof_received()
    line.write([b"MAIL FROM:<weekly@example.org>\r\n"])
    assert way.written == []


async def test_a_server_that_chats_on_after_goodbye_is_left_alone():
    """A hang is the worst outcome: nobody waits for the end of what has none."""
    way = Wire()
    line = Line(way)

    async def chat() -> None:
        while True:
            line.data_received(b"250 and another thing\r\n")
            await asyncio.sleep(0.001)

    chatting = asyncio.create_task(chat())
    async with asyncio.timeout(10):
        await line.close(0.05)
    chatting.cancel()
    assert way.written == [b"QUIT\r\n"]
    assert way.closed
