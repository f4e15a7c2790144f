"""Feeds with every fault that servers have: a problem in words, and no other feed's."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import brotli
import pytest
import trustme

from digest.sources.feeds.parsing import Parsed
from tests.fetching.web import line
from tests.sources.feeds.house import DAY, HOUR, START, House, words
from tests.sources.feeds.server import FeedServer, drip, flood, silence


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"status": 404}, "it answers with 404 (Not Found)"),
        ({"status": 500}, "it answers with 500 (Internal Server Error)"),
        ({"status": 599}, "it answers with 599"),
        ({"status": 206, "data": b"feed a"}, "it answers with 206 (Partial Content)"),
        ({"status": 301}, "it answers with 301 (Moved Permanently)"),
        ({"data": b""}, "it is no feed"),
        ({"data": b"<!doctype html><title>Quay</title>", "media_type": "text/html"}, "it is no feed"),
        ({"data": b"feed" + bytes(100_000)}, "it has more than 100,000 bytes"),
        ({"data": b"feed", "then": flood}, "it has more than 100,000 bytes"),
        ({"data": b"feed", "headers": {"Content-Length": "50"}}, "peer closed connection"),
        ({"data": b"feed a", "headers": {"Content-Encoding": "gzip"}}, "it is not compressed as it says (gzip)"),
        ({"data": b"feed a", "headers": {"Content-Encoding": "br"}}, "it is not compressed as it says (br)"),
        ({"data": gzip.compress(b"feed a")[:-9], "headers": {"Content-Encoding": "gzip"}}, "it ends in the middle"),
        ({"data": brotli.compress(b"feed a")[:-2], "headers": {"Content-Encoding": "br"}}, "it ends in the middle"),
        ({"data": b"feed a", "headers": {"Content-Encoding": "zstd"}}, "it is compressed (zstd)"),
    ],
)  # fmt: skip
def test_a_fault_is_a_problem_in_words(server: FeedServer, house: House, settings: dict[str, Any], said: str) -> None:
    assert said in house.fault(server.put(**settings))


@pytest.mark.parametrize("then", [drip, silence])
def test_a_feed_that_is_slow_is_left(server: FeedServer, house: House, then: Callable[..., object]) -> None:
    house.limited(timeout=0.2)
    assert house.fault(server.put("feed", then=then)) == "no answer within 0.2 s"


def test_a_bomb_ends_where_it_gets_too_large(server: FeedServer, house: House) -> None:
    zeros = bytes(20_000_000)
    for coding, pack in (("gzip", gzip.compress), ("br", brotli.compress), ("deflate", zlib.compress)):
        url = server.put(pack(zeros), f"/{coding}", headers={"Content-Encoding": coding})
        assert house.fault(url) == "it has more than 100,000 bytes"


def test_a_connection_that_is_refused_is_a_fault(house: House) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert house.fault(f"http://127.0.0.1:{port}/feed") == "Connection refused"


def test_a_certificate_of_nobody_is_a_fault(house: House) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(context)

    def greet(connection: socket.socket, _: threading.Event) -> None:
        context.wrap_socket(connection, server_side=True).close()

    with line(greet) as port:
        assert "its certificate is not trusted" in house.fault(f"https://localhost:{port}/feed")


def test_a_parser_that_stumbles_is_the_fault_of_that_feed(server: FeedServer, house: House) -> None:
    def stumble(data: bytes, url: str, media_type: str, charset: str) -> Parsed:
        if data == b"stumble":
            raise RecursionError("too deep")
        return words(data, url, media_type, charset)

    house.poller = replace(house.poller, parse=stumble)
    bad, good = server.put("stumble", host="a.example"), server.put("feed a", host="b.example")
    (problem,) = house.poll(bad, good)
    assert (problem.where, problem.what) == (
        bad, "it has never given an answer: it cannot be read (RecursionError: too deep)",
    )  # fmt: skip
    assert house.keys(good) == ["a"]


def test_a_feed_that_fails_keeps_what_it_held_and_is_well_again_with_the_next_answer(
    server: FeedServer, house: House
) -> None:
    url = server.put("feed a")
    house.poll(url)
    server.change(url, status=503)
    (problem,) = house.poll(url, everything=True)
    assert problem.what == "it answers with 503 (Service Unavailable)"
    assert "still known" in problem.hint
    assert house.poll(url) == (problem,)  # not due: told all the same
    assert house.keys(url) == ["a"]
    server.change(url, status=200)
    assert house.poll(url, everything=True) == ()


def test_a_feed_that_fails_again_and_again_is_asked_ever_more_rarely(server: FeedServer, house: House) -> None:
    url = server.put(status=404)
    pauses = []
    for _ in range(7):
        house.poll(url)
        due = house.feeds.state(url).due
        assert due
        pauses.append(due - house.instant)
        house.instant = due
    assert pauses == [HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, 16 * HOUR, DAY, DAY]


def test_a_feed_without_an_answer_for_long_is_told_apart(server: FeedServer, house: House) -> None:
    url = server.put("feed a")
    house.poll(url)
    server.change(url, status=404)
    house.go(DAY)
    (sick,) = house.poll(url)
    assert sick.what == "it answers with 404 (Not Found)"
    house.go(13 * DAY)
    (dead,) = house.poll(url)
    assert dead.what == "it has given no answer since 2025-12-01: it answers with 404 (Not Found)"
    assert "take it out" in dead.hint


def test_a_feed_that_is_gone_is_never_asked_again(server: FeedServer, house: House) -> None:
    url = server.put("feed a")
    house.poll(url)
    server.change(url, status=410)
    house.go(HOUR)
    (problem,) = house.poll(url)
    assert "gone for good" in problem.what
    assert problem.hint == "take it out of digest.toml"
    house.go(90 * DAY)
    assert house.poll(url, everything=True) == (problem,)
    assert len(server.asked) == 2
    assert house.keys(url) == ["a"]


def test_a_feed_that_is_gone_is_asked_once_more_by_who_says_so(server: FeedServer, house: House) -> None:
    url = server.put(status=410)
    house.poll(url)
    server.change(url, status=500)
    house.poll(url, even_gone=True)
    assert not house.feeds.state(url).gone
    server.change(url, status=200, data=b"feed a")
    assert house.poll(url, everything=True) == ()
    assert house.keys(url) == ["a"]


@pytest.mark.parametrize("status", [301, 302])
def test_a_feed_is_not_gone_where_only_what_it_leads_to_is(server: FeedServer, house: House, status: int) -> None:
    url = server.put(status=status, headers={"Location": "/second"})
    second = server.put("feed a", "/second")
    house.poll(url)
    server.change(second, status=410)
    for _ in range(2):  # where it has moved to, and by its own address
        (problem,) = house.poll(url, everything=True)
        assert problem.what == "it answers with 410 (Gone)"
    server.change(url, status=200, data=b"feed b")
    assert house.poll(url, everything=True) == ()


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("retry_after", ["7200", format_datetime(START + 2 * HOUR, usegmt=True)])
def test_a_server_that_asks_for_patience_gets_it(
    server: FeedServer, house: House, status: int, retry_after: str
) -> None:
    url = server.put(status=status, headers={"Retry-After": retry_after})
    house.poll(url)
    house.go(2 * HOUR - timedelta(seconds=1))
    house.poll(url, everything=True)
    assert len(server.asked) == 1
    house.go(timedelta(seconds=1))
    house.poll(url)
    assert len(server.asked) == 2


def test_patience_has_an_end(server: FeedServer, house: House) -> None:
    url = server.put(status=429, headers={"Retry-After": "999999999"})
    house.poll(url)
    assert house.feeds.state(url).not_before == START + 7 * DAY
