"""How content comes packed, and unpacking it piece by piece, so that a small answer cannot become a large one."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Protocol

import brotli

PackingError = (zlib.error, brotli.error)  # what it cannot be unpacked by

_EITHER = zlib.MAX_WBITS + 32  # the window, and whichever wrapping there is
_GZIP = b"\x1f\x8b"  # how each member of it begins (RFC 1952, 2.3.1)
# Those that IANA has registered (RFC 9110, 16.6.1). Servers also write there what is no coding: "utf-8", "none".
_CODINGS = frozenset(
    {"aes128gcm", "br", "compress", "dcb", "dcz", "deflate", "exi", "gzip", "pack200-gzip", "x-compress", "zstd"}
)


class Packing(Protocol):
    """Content as it is unpacked."""

    def unpack(self, data: bytes, room: int) -> bytes:
        """What this piece of it holds. Output that fills the ``room`` may not be all there is; less of it is."""
        ...

    @property
    def is_whole(self) -> bool:
        """Whether it has come to its end."""
        ...


class _Plain:
    is_whole = True

    def unpack(self, data: bytes, room: int) -> bytes:
        return data[:room]


class _Inflated:
    """gzip (RFC 1952) and deflate (RFC 1950); deflate, too, from those who leave out its wrapping (RFC 9110, 8.4.1.2).

    A gzip member may follow another one. What else stands behind the end is nobody's, as it is for browsers.
    """

    def __init__(self) -> None:
        self._stream: zlib._Decompress | None = None
        self._behind = b""  # the end, if it may be where another member begins

    def unpack(self, data: bytes, room: int) -> bytes:
        data = self._behind + data
        found = b""
        while data and len(found) < room:
            if self._stream is None or self._stream.eof:
                self._behind = data if self._stream and _GZIP.startswith(data) else b""
                if self._behind or (self._stream and not data.startswith(_GZIP)):
                    break
                wrapped = data[:1] == b"\x1f" or data[0] & 0x0F == zlib.DEFLATED
                self._stream = zlib.decompressobj(_EITHER if wrapped else -zlib.MAX_WBITS)
            found += self._stream.decompress(data, room - len(found))
            data = self._stream.unused_data
        return found

    @property
    def is_whole(self) -> bool:
        return self._stream is None or self._stream.eof  # servers call nothing at all gzip, too


class _Brotli:
    """RFC 7932."""

    def __init__(self) -> None:
        self._stream = brotli.Decompressor()
        self._begun = False

    def unpack(self, data: bytes, room: int) -> bytes:
        self._begun = True
        return bytes(self._stream.process(data, output_buffer_limit=room))

    @property
    def is_whole(self) -> bool:
        return not self._begun or bool(self._stream.is_finished())


_PACKINGS: Mapping[str, type[Packing]] = {"gzip": _Inflated, "br": _Brotli, "deflate": _Inflated}
ASKED = ", ".join(_PACKINGS)  # for Accept-Encoding


def coding(header: str) -> str:
    """What a Content-Encoding says, "" where it names no coding at all. ``x-gzip`` is gzip (RFC 9110, 8.4.1.3)."""
    named = (part.strip().lower() for part in header.split(","))
    return ", ".join(name for name in ("gzip" if name == "x-gzip" else name for name in named) if name in _CODINGS)


def unpacking(coding: str) -> Packing | None:
    """Who unpacks this coding, None if nobody does."""
    packing = _PACKINGS.get(coding) if coding else _Plain
    return packing() if packing else None
