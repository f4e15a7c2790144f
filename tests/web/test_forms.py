"""What a page is sent, in each of the ways it may be sent."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from contextlib import suppress
from urllib.parse import quote_from_bytes, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message

from digest.web import bodies
from digest.web.public.forms import FIELDS_MAXIMUM, FORM_MAXIMUM, Form, read

URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=----cut"
JSON = "application/json"

texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)
names = st.text(st.characters(categories=["Lu", "Ll", "Nd"]), min_size=1, max_size=10)
pairs = st.lists(st.tuples(names, texts), max_size=8)


def sent(kind: str, body: bytes | Iterable[bytes]) -> Form:
    """What is read of a request that comes in these pieces."""
    pieces = iter([body] if isinstance(body, bytes) else body)

    async def receive() -> Message:
        piece = next(pieces, None)
        return {"type": "http.request", "body": piece or b"", "more_body": piece is not None}

    headers = [(b"content-type", kind.encode("latin-1"))] if kind else []
    return asyncio.run(read(Request({"type": "http", "method": "POST", "headers": headers}, receive)))


def refused(kind: str, body: bytes | Iterable[bytes]) -> int:
    with pytest.raises(HTTPException) as caught:
        sent(kind, body)
    return caught.value.status_code


def multipart(fields: Iterable[tuple[str, str]], more: str = "") -> bytes:
    parts = (
        f'------cut\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n{value}\r\n' for name, value in fields
    )
    return ("".join(parts) + "------cut--\r\n").encode()


def grouped(fields: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name, value in fields:
        found[name] = (*found.get(name, ()), value)
    return found


# --- what is read ------------------------------------------------------------------------------------------------


@given(pairs)
def test_every_way_of_sending_says_the_same(fields: list[tuple[str, str]]) -> None:
    fields = [(name, value.replace("\r", "")) for name, value in fields]
    wanted = grouped(fields)
    assert sent(URLENCODED, urlencode(fields).encode()).fields == wanted
    assert sent(MULTIPART, multipart(fields)).fields == wanted
    assert sent(JSON, json.dumps(wanted).encode()).fields == wanted
    assert sent(JSON, json.dumps(wanted, ensure_ascii=False).encode()).fields == wanted


def test_one_click_is_read_as_it_stands_in_the_standard() -> None:
    """RFC 8058, 8.2: the body is one of these two."""
    for kind in (URLENCODED, f"{URLENCODED}; charset=UTF-8", URLENCODED.title(), ""):
        assert sent(kind, b"List-Unsubscribe=One-Click").text("List-Unsubscribe") == "One-Click"
    body = multipart([("List-Unsubscribe", "One-Click")])
    assert sent(MULTIPART, body).text("List-Unsubscribe") == "One-Click"


def test_what_comes_in_pieces_is_read_as_one() -> None:
    body = multipart([("name", "Müller"), ("name", "二")])
    assert sent(MULTIPART, [bytes([octet]) for octet in body]).texts("name") == ("Müller", "二")


def test_a_field_is_text_without_blanks_and_what_is_missing_is_nothing() -> None:
    form = sent(URLENCODED, b"name=+a+b+%0A&name=second&empty=")
    assert (form.text("name"), form.texts("name")) == ("a b", (" a b \n", "second"))
    assert (form.text("empty"), form.texts("empty")) == ("", ("",))
    assert (form.text("other"), form.texts("other")) == ("", ())
    assert sent("", b"").fields == {}


def test_numbers_and_truths_of_json_are_what_a_form_would_say() -> None:
    form = sent(JSON, b'{"every": 2, "half": 0.5, "yes": true, "no": false, "none": null, "many": ["a", 1]}')
    assert [form.texts(name) for name in ("every", "half", "yes", "no", "none", "many")] == [
        ("2",), ("0.5",), ("on",), ("",), ("",), ("a", "1"),
    ]  # fmt: skip


# --- what is not -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (URLENCODED, b"name=%00"),
        (URLENCODED, b"na%00me=a"),
        (URLENCODED, b"name=%FF"),
        (URLENCODED, b"name=\xff"),
        (URLENCODED, b"name=%ED%A0%80"),
        (URLENCODED, b"&".join([b"a=b"] * (FIELDS_MAXIMUM + 1))),
        (MULTIPART, multipart([("name", "\0")])),
        (MULTIPART, multipart([("name", "a")]).replace(b"\r\na\r\n", b"\r\n\xff\r\n")),
        (MULTIPART, b"------cut\r\n\r\nno name\r\n------cut--"),
        (MULTIPART, b"nothing of the kind"),
        (MULTIPART, multipart([("a", "b")] * (FIELDS_MAXIMUM + 1))),
        (MULTIPART, multipart([("name", "a file")], more='; filename="a.txt"')),
        ("multipart/form-data", multipart([("name", "a")])),
        (JSON, b""),
        (JSON, b"{"),
        (JSON, b"[1]"),
        (JSON, b'"text"'),
        (JSON, b'{"a": {"b": "c"}}'),
        (JSON, b'{"a": [["b"]]}'),
        (JSON, b'{"a": "\\ud800"}'),
        (JSON, b'{"\\u0000": "a"}'),
        (JSON, b'{"a": NaN}'),
        (JSON, b'{"a": ' + b"1" * 5000 + b"}"),
        (JSON, b"[" * 50_000),
        (JSON, b'{"a": "\xff"}'),
    ],
    ids=lambda value: str(value[:40]) if isinstance(value, bytes) else "",
)
def test_nonsense_is_refused(kind: str, body: bytes) -> None:
    assert refused(kind, body) == 400


@given(
    st.sampled_from([URLENCODED, MULTIPART, JSON, "", "multipart/form-data; boundary=\xff"]), st.binary(max_size=300)
)
def test_whatever_is_sent_is_read_or_refused(kind: str, body: bytes) -> None:
    with suppress(HTTPException):
        for name, values in sent(kind, body).fields.items():
            assert "".join((name, *values)).encode()


def test_another_kind_of_body_is_refused() -> None:
    for kind in ("text/plain", "application/xml", "multipart/mixed; boundary=a", "nonsense"):
        assert refused(kind, b"name=a") == 415


def test_too_much_is_refused_without_waiting_for_all_of_it() -> None:
    def endless() -> Iterable[bytes]:
        while True:
            yield b"x" * 1000

    assert refused(URLENCODED, endless()) == 413
    assert refused(URLENCODED, b"a=" + b"x" * FORM_MAXIMUM) == 413
    long = quote_from_bytes(b"x" * (FORM_MAXIMUM - 2)).encode()
    assert len(sent(URLENCODED, b"a=" + long).text("a")) == FORM_MAXIMUM - 2


def test_what_does_not_come_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "ARRIVING", 0.01)

    async def silence() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    request = Request({"type": "http", "method": "POST", "headers": []}, silence)
    with pytest.raises(HTTPException) as caught:
        asyncio.run(read(request))
    assert caught.value.status_code == 408


def test_who_hangs_up_in_the_middle_is_no_bug() -> None:
    async def gone() -> Message:
        return {"type": "http.disconnect"}

    with pytest.raises(HTTPException) as caught:
        asyncio.run(read(Request({"type": "http", "method": "POST", "headers": []}, gone)))
    assert caught.value.status_code == 400
