"""What a page was sent: a form, URL-encoded or multipart, or the same as JSON; never more than so many bytes."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncGenerator, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Never
from urllib.parse import parse_qsl

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from digest.web.bodies import body_of

FORM_MAXIMUM = 64_000  # bytes
FIELDS_MAXIMUM = 1000  # a box for each category, and more of them than any site has

Pairs = Iterable[tuple[str, str]]

# It writes down bytes of what strangers send, and its errors reach us anyway.
logging.getLogger("python_multipart").setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True)
class Form:
    """Fields by name, each with all its values. What is not there is ""."""

    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """The first value, without blanks around it."""
        return next(iter(self.fields.get(name, ())), "").strip()

    def texts(self, name: str) -> tuple[str, ...]:
        return self.fields.get(name, ())


async def read(request: Request) -> Form:
    """The form of a request. Raises HTTPException: 413 for too much, 408 for what does not come, 415 for another kind of
    body, 400 for nonsense.
    """
    kind = request.headers.get("content-type", "")
    body = await body_of(request, FORM_MAXIMUM)
    try:
        return _form(await _pairs(kind, body))
    except (ValueError, RecursionError, MultiPartException) as error:
        raise HTTPException(400) from error


async def _pairs(kind: str, body: bytes) -> Pairs:
    match kind.partition(";")[0].strip().lower():
        case "application/x-www-form-urlencoded" | "":
            return parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=FIELDS_MAXIMUM)
        case "multipart/form-data":
            return await _multipart(kind, body)
        case "application/json":
            return _json(body)
    raise HTTPException(415)


async def _multipart(kind: str, body: bytes) -> Pairs:
    """Files are refused: no page asks for one.

    A parser that is told nothing of a charset takes what is no UTF-8 for Latin-1 without a word; told Latin-1, it hands
    over the bytes as they are.
    """
    headers = Headers({"content-type": f"{kind}; charset=latin-1"})
    parser = MultiPartParser(
        headers, _at_once(body), max_files=0, max_fields=FIELDS_MAXIMUM, max_part_size=FORM_MAXIMUM
    )
    found = await parser.parse()
    return [(_utf8(name), _utf8(value)) for name, value in found.multi_items() if isinstance(value, str)]


async def _at_once(body: bytes) -> AsyncGenerator[bytes]:
    yield body


def _utf8(octets: str) -> str:
    return octets.encode("latin-1").decode()


def _json(body: bytes) -> Pairs:
    """An object of texts, numbers, truths, and lists of them."""
    found = json.loads(body.decode(), parse_constant=_no_number)
    if not isinstance(found, dict):
        raise ValueError("no object")  # noqa: TRY004 - of the sender, like all that is wrong with a body
    return [
        (name, _text(item)) for name, value in found.items() for item in (value if isinstance(value, list) else [value])
    ]


def _text(value: Any) -> str:
    """As a form would have sent it: a box that is ticked says "on", one that is not says nothing."""
    match value:
        case bool():
            return "on" if value else ""
        case str() | int() | float():
            return str(value)
        case None:
            return ""
    raise ValueError("no text")


def _no_number(name: str) -> Never:
    raise ValueError(f"{name} is no JSON")


def _form(pairs: Pairs) -> Form:
    """Raises ValueError for what no text may hold: NUL, and half of a character (a lone surrogate)."""
    fields: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        (name + value).encode()
        if "\0" in name + value:
            raise ValueError("holds NUL")
        fields[name] = (*fields.get(name, ()), value)
    return Form(fields)
