"""What comes packed: unpacked as it comes, and never beyond the bound."""

from __future__ import annotations

import contextlib
import gzip
import random
import tracemalloc
import zlib

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import FetchError
from digest.fetching.packing import PackingError, unpacking
from tests.fetching.conftest import Allowed
from tests.fetching.web import Web


def bare(data: bytes) -> bytes:
    """Deflated without the wrapping that it should have."""
    stream = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return stream.compress(data) + stream.flush()


PACKED = {
    "gzip": gzip.compress,
    "br": lambda data: brotli.compress(data, quality=5),
    "deflate": zlib.compress,
    "Deflate": bare,
}
packings = pytest.mark.parametrize("coding", PACKED)


@packings
@pytest.mark.parametrize("size", [0, 1, 100_000])
def test_what_comes_packed_is_unpacked_where_that_was_asked_for(web: Web, allowed: Allowed, coding: str, size: int):
    data = random.Random(size).randbytes(size)
    url = web.put("/a", PACKED[coding](data), headers={"Content-Encoding": coding})
    assert allowed(maximum=size or 1).get(url, packed=True).data == data
    assert web.headers[0]["Accept-Encoding"] == "gzip, br, deflate"


@packings
def test_nothing_at_all_may_call_itself_packed(web: Web, allowed: Allowed, coding: str):
    assert allowed().get(web.put("/a", headers={"Content-Encoding": coding}), packed=True).data == b""


@packings
def test_what_comes_packed_is_unpacked_in_whatever_pieces_it_comes(coding: str):
    data = random.Random(0).randbytes(3_000) + bytes(50_000)
    packed = PACKED[coding](data)
    for size in (1, 2, 3, 700, len(packed)):
        packing, room = unpacking(coding.lower()), len(data) + 1
        assert packing
        unpacked = bytearray()
        for start in range(0, len(packed), size):
            assert not packing.is_whole or not start
            unpacked += packing.unpack(packed[start : start + size], room - len(unpacked))
        assert unpacked == data
        assert packing.is_whole


@pytest.mark.parametrize("size", [1, 2, 7, 10_000])
def test_gzip_may_come_in_several_members_one_after_another(size: int):
    packed = gzip.compress(b"one ") + gzip.compress(b"") + gzip.compress(b"two") + b"\x1f, and what is nobody's"
    packing, unpacked = unpacking("gzip"), b""
    assert packing
    for start in range(0, len(packed), size):
        unpacked += packing.unpack(packed[start : start + size], 100)
    assert unpacked == b"one two"
    assert packing.is_whole


def test_a_second_member_that_was_cut_off_is_noticed(web: Web, allowed: Allowed):
    packed = gzip.compress(b"one") + gzip.compress(b"two")[:-9]
    with pytest.raises(FetchError, match="ends in the middle"):
        allowed().get(web.put("/a", packed, headers={"Content-Encoding": "gzip"}), packed=True)


def test_a_bomb_of_many_members_is_left_too(web: Web, allowed: Allowed):
    url = web.put("/a", gzip.compress(bytes(100_000)) * 1_000, headers={"Content-Encoding": "gzip"})
    with pytest.raises(FetchError, match="more than 1,000,000 bytes"):
        allowed(maximum=1_000_000).get(url, packed=True)


@pytest.mark.parametrize("coding", ["x-gzip", "X-GZIP", "gzip, identity", "utf-8, gzip"])
def test_gzip_goes_by_other_names(web: Web, allowed: Allowed, coding: str):
    url = web.put("/a", gzip.compress(b"content"), headers={"Content-Encoding": coding})
    assert allowed().get(url, packed=True).data == b"content"


@pytest.mark.parametrize("coding", ["utf-8", "UTF-8", "none", "identity", "binary", ""])
def test_what_is_no_coding_is_read_as_it_is(web: Web, allowed: Allowed, coding: str):
    assert allowed().get(web.put("/a", b"content", headers={"Content-Encoding": coding})).data == b"content"


@pytest.mark.parametrize("coding", ["zstd", "compress", "gzip, gzip", "br, gzip"])
def test_a_coding_that_nobody_asked_for_is_a_fault(web: Web, allowed: Allowed, coding: str):
    with pytest.raises(FetchError, match="was not asked for"):
        allowed().get(web.put("/a", b"content", headers={"Content-Encoding": coding}), packed=True)


@packings
def test_a_bomb_is_left_where_it_gets_too_large_and_takes_no_memory(web: Web, allowed: Allowed, coding: str):
    url = web.put("/a", PACKED[coding](bytes(200_000_000)), headers={"Content-Encoding": coding})
    tracemalloc.start()
    with pytest.raises(FetchError, match="more than 1,000,000 bytes") as caught:
        allowed(maximum=1_000_000).get(url, packed=True)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert caught.value.dead
    assert peak < 8_000_000


@packings
def test_what_is_cut_or_not_packed_at_all_is_a_fault_that_may_pass(web: Web, allowed: Allowed, coding: str):
    whole = PACKED[coding](b"content" * 1000)
    for data, said in ((whole[:-3], "ends in the middle"), (b"<rss>content</rss>", "not compressed as it says")):
        with pytest.raises(FetchError, match=said) as caught:
            allowed().get(web.put("/a", data, headers={"Content-Encoding": coding}), packed=True)
        assert not caught.value.dead


@given(st.sampled_from(["", "gzip", "br", "deflate"]), st.lists(st.binary(min_size=1, max_size=200), min_size=1))
def test_no_bytes_make_unpacking_stumble_or_swell(coding: str, pieces: list[bytes]):
    packing = unpacking(coding)
    assert packing
    with contextlib.suppress(*PackingError):
        for piece in pieces:
            assert len(packing.unpack(piece, 1_000)) < 100_000
