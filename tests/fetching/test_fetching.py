"""Fetching from real servers: what is an answer, what is a fault, and whose."""

from __future__ import annotations

import contextlib
import gzip
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest import fetching
from digest.errors import FetchError, UnknownHostError
from digest.fetching import Fetched, Fetcher, Limits
from tests.fetching.conftest import Allowed
from tests.fetching.web import Web, http, line


def fault(fetcher: Fetcher, url: str) -> FetchError:
    with pytest.raises(FetchError) as caught:
        fetcher.get(url)
    return caught.value


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What names mean from now on: a list of addresses, or an error. Other names mean what they always did."""
    meanings: dict[str, Any] = {}
    real = socket.getaddrinfo

    def getaddrinfo(host: str, port: int, *args: Any, **options: Any) -> Any:
        if host not in meanings:
            return real(host, port, *args, **options)
        if isinstance(meaning := meanings[host], Exception):
            raise meaning
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in meaning]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return meanings


# --- answers -------------------------------------------------------------------------------------------------------


def test_an_answer_has_its_content_its_type_and_its_address(web: Web, allowed: Allowed):
    url = web.put("/a.png?w=1&copy=2", b"content", media_type="Image/PNG; charset=x")
    assert allowed().get(url) == Fetched(url, 200, "image/png", b"content")


@pytest.mark.parametrize("status", [204, 304, 400, 404, 410, 429, 500, 503])
def test_any_status_is_an_answer_and_only_success_has_content(web: Web, allowed: Allowed, status: int):
    found = allowed().get(web.put("/a", status=status))
    assert (found.status, found.data) == (status, b"")
    assert allowed().get(web.url("/nowhere")).data == b""


def test_we_say_who_we_are_and_ask_for_plain_content(web: Web, allowed: Allowed):
    allowed().get(web.put("/a"))
    (headers,) = web.headers
    assert headers["User-Agent"].startswith("digest/")
    assert headers["User-Agent"].endswith(" (+newsletter)")
    assert headers["Accept-Encoding"] == "identity"
    assert headers["Host"] == f"localhost:{web.port}"


def test_other_scripts_and_blanks_are_encoded_and_what_is_encoded_stays(web: Web, allowed: Allowed):
    web.put("/caf%C3%A9%20%2F?q=%C3%A9&b=1+2", b"here")
    assert allowed().get(web.url("/café%20%2F?q=é&b=1+2#part")).data == b"here"


def test_content_that_is_compressed_all_the_same_is_not_unpacked(web: Web, allowed: Allowed):
    bomb = gzip.compress(bytes(1_000_000))
    found = fault(allowed(), web.put("/a", bomb, headers={"Content-Encoding": "gzip"}))
    assert "compressed (gzip)" in found.what
    assert not found.dead


def test_an_answer_has_its_headers_and_the_charset_that_its_server_names(web: Web, allowed: Allowed):
    found = allowed().get(web.put("/a", media_type='text/xml; Charset="ISO-8859-1"', headers={"ETag": '"1"'}))
    assert (found.headers["etag"], found.charset) == ('"1"', "iso-8859-1")
    assert allowed().get(web.put("/b", media_type="text/xml")).charset == ""


def test_it_may_be_asked_with_more_headers_or_others(web: Web, allowed: Allowed):
    allowed().get(web.put("/a"), headers=[("If-None-Match", '"1"'), ("Accept", "text/xml")])
    (headers,) = web.headers
    assert (headers["If-None-Match"], headers["Accept"]) == ('"1"', "text/xml")


def test_a_header_that_cannot_be_sent_is_a_fault(web: Web, allowed: Allowed):
    with pytest.raises(FetchError):
        allowed().get(web.put("/a"), headers=[("If-None-Match", "a\r\nHost: b")])


def test_threads_may_share_a_fetcher(web: Web, allowed: Allowed):
    fetcher = allowed()
    urls = [web.put(f"/{n}", str(n).encode()) for n in range(24)]
    with ThreadPoolExecutor(8) as pool:
        assert [found.data for found in pool.map(fetcher.get, urls)] == [str(n).encode() for n in range(24)]


# --- redirects -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed_to_where_it_leads(web: Web, allowed: Allowed, status: int):
    web.put("/deep/end", b"found")
    url = web.put("/deep/start", status=status, headers={"Location": "end"})
    found = allowed().get(url)
    assert (found.url, found.data) == (web.url("/deep/end"), b"found")


@pytest.mark.parametrize(
    ("statuses", "moved"),
    [
        ((), ""),
        ((302,), ""),
        ((301,), "/1"),
        ((308, 301), "/2"),
        ((301, 302, 301), "/1"),
        ((307, 301), ""),
    ],
)
def test_where_an_address_leads_for_good_is_told(web: Web, allowed: Allowed, statuses: tuple[int, ...], moved: str):
    for number, status in enumerate(statuses):
        web.put(f"/{number}", status=status, headers={"Location": f"/{number + 1}"})
    web.put(f"/{len(statuses)}", b"here")
    found = allowed().get(web.url("/0"))
    assert (found.data, found.moved) == (b"here", web.url(moved) if moved else "")


def test_redirects_end_somewhere(web: Web, allowed: Allowed):
    found = fault(allowed(redirects=3), web.put("/a", status=302, headers={"Location": "/a"}))
    assert found.dead
    assert "more than 3 times" in found.what
    assert len(web.asked) == 4


def test_a_redirect_out_of_https_is_not_followed(web: Web, allowed: Allowed):
    found = fault(allowed(), web.put("/a", status=302, headers={"Location": "http://localhost/b"}))
    assert found.dead
    assert "not https" in found.what


@pytest.mark.parametrize("location", ["https://[half", "file:///etc/passwd", "ftp://localhost/"])
def test_a_redirect_to_no_address_is_its_own_fault(web: Web, allowed: Allowed, location: str):
    assert fault(allowed(), web.put("/a", status=302, headers={"Location": location})).dead


@pytest.mark.parametrize("scheme", ["file", "ftp"])
def test_a_redirect_off_the_web_says_so(web: Web, allowed: Allowed, scheme: str):
    found = fault(allowed(), web.put("/a", status=302, headers={"Location": f"{scheme}://host/secret"}))
    assert found.what == f"it redirects to {scheme}:, which is not the web"


@pytest.mark.parametrize("location", ["https://me:secret@localhost/b", "//me@localhost/b?secret"])
def test_a_redirect_in_the_name_of_a_user_is_not_followed(web: Web, allowed: Allowed, location: str):
    found = fault(allowed(), web.put("/a", status=301, headers={"Location": location}))
    assert found.dead
    assert found.what == "it redirects to localhost in the name of a user"


@pytest.mark.parametrize("location", ["https://[secret", "https://localhost:secret/", "https://localhost/?secret"])
def test_what_is_wrong_with_a_redirect_does_not_repeat_it(web: Web, allowed: Allowed, location: str):
    web.put("/?secret", status=302, headers={"Location": "https://[half"})
    assert "secret" not in fault(allowed(), web.put("/a", status=302, headers={"Location": location})).what


# --- where it may go -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "0.0.0.0", "[::ffff:127.0.0.1]"])
def test_loopback_is_refused_by_whatever_name(web: Web, host: str):
    found = fault(Fetcher(ssl_context=web.client), web.url("/a", host))
    assert found.dead
    assert "private address" in found.what
    assert web.asked == []


def test_a_redirect_to_a_private_address_is_refused(web: Web, monkeypatch: pytest.MonkeyPatch):
    public = fetching.is_public
    monkeypatch.setattr(fetching, "is_public", lambda address: address == "127.0.0.1" or public(address))
    url = web.put("/a", status=302, headers={"Location": f"https://127.0.0.2:{web.port}/secret"})
    found = fault(Fetcher(ssl_context=web.client), url)
    assert found.dead
    assert "127.0.0.2 is a private address" in found.what
    assert web.asked == [("GET", "/a")]


def test_a_name_is_looked_up_once_and_that_very_address_is_connected_to(
    web: Web, allowed: Allowed, names: dict[str, Any]
):
    class Rebound(list[str]):
        """Means loopback when first asked, and something else ever after."""

        def __iter__(self) -> Any:
            names["pictures.example"] = ["192.0.2.1"]
            return iter(["127.0.0.1"])

    names["pictures.example"] = Rebound()
    web.put("/a", b"here")
    assert allowed().get(web.url("/a", "pictures.example")).data == b"here"


def test_of_a_name_with_public_and_private_addresses_the_private_ones_are_passed_over(
    web: Web, names: dict[str, Any], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(fetching, "is_public", lambda address: address == "127.0.0.1")
    names["pictures.example"] = ["10.0.0.1", "127.0.0.1"]
    web.put("/a", b"here")
    assert Fetcher(ssl_context=web.client).get(web.url("/a", "pictures.example")).data == b"here"


def test_a_host_is_reached_by_its_second_address_when_the_first_refuses(
    web: Web, allowed: Allowed, names: dict[str, Any]
):
    names["pictures.example"] = ["127.0.0.2", "127.0.0.1"]
    web.put("/a", b"here")
    assert allowed().get(web.url("/a", "pictures.example")).data == b"here"


PRIVATE = """
    127.0.0.1 127.8.8.8 10.0.0.1 172.16.0.1 192.168.1.1 169.254.169.254 0.0.0.0 0.1.2.3 100.64.0.1 100.100.100.200
    192.0.0.192 198.18.0.1 192.0.2.1 224.0.0.1 239.1.1.1 240.0.0.1 255.255.255.255 168.63.129.16 192.88.99.1 ::1 :: ::ffff:127.0.0.1
    ::ffff:10.0.0.1 ::7f00:1 64:ff9b::7f00:1 64:ff9b:1::1 2002:7f00:1:: 2001:0:1::1 fe80::1%lo fe80::1 fc00::1
    fd00:ec2::254 fec0::1 ff02::1 2001:db8::1 100::1 5f00::1
"""


@pytest.mark.parametrize("address", PRIVATE.split())
def test_an_address_of_this_machine_or_its_networks_is_not_public(address: str):
    assert not fetching.is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "151.101.1.1", "2606:4700::1", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_an_address_of_the_internet_is_public(address: str):
    assert fetching.is_public(address)


def test_http_is_taken_only_where_it_is_allowed(web: Web, allowed: Allowed):
    with http() as plain:
        url = plain.put("/a", b"here")
        assert fault(allowed(), url).dead
        assert plain.asked == []
        assert allowed(allow_http=True).get(url).data == b"here"


@pytest.mark.parametrize(
    "url",
    [
        *("", "a.png", "//host/a", "ftp://host/", "https://", "https:///a", "https://a b/", "https://x:99999/"),
        *("https://\udcff/", "https://host/\udcff", "https://.host/", "https://a..b/", f"https://{'a' * 70}.example/"),
        *("https://[::1", "https://\0/", "https://host%00/", "https://xn--\u00e4/"),
    ],
)
def test_what_is_no_address_is_its_own_fault(url: str):
    assert fault(Fetcher(), url).dead


@given(st.text(), st.booleans())
@example("[::1]:x/", True)
def test_no_text_makes_more_than_a_fetch_error(text: str, prefixed: bool):
    with contextlib.suppress(FetchError):
        target, host = fetching._target(f"https://{text}" if prefixed else text, allow_http=True)
        assert host.isascii()
        assert b" " not in target.target


# --- silence and floods --------------------------------------------------------------------------------------------


def test_a_server_that_says_nothing_is_left(allowed: Allowed):
    with line(lambda _, over: over.wait() and None) as port:
        found = fault(allowed(timeout=0.2), f"https://localhost:{port}/")
    assert not found.dead
    assert found.what == "no answer within 0.2 s"


@pytest.mark.parametrize("start", [b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\n\r\n"], ids=["header", "content"])
def test_a_server_that_sends_a_byte_now_and_then_wins_no_time(allowed: Allowed, start: bytes):
    left = threading.Event()

    def drip(connection: socket.socket, over: threading.Event) -> None:
        try:
            connection.sendall(start)
            while not over.wait(0.02):
                connection.sendall(b".")
        except OSError:
            left.set()

    with line(drip) as port:
        found = fault(allowed(timeout=0.3, allow_http=True), f"http://localhost:{port}/")
        assert left.wait(10)
    assert not found.dead


def test_a_name_service_that_does_not_answer_is_left(allowed: Allowed, monkeypatch: pytest.MonkeyPatch):
    over = threading.Event()

    def getaddrinfo(*_: Any, **__: Any) -> Any:
        over.wait()
        raise socket.gaierror(socket.EAI_AGAIN, "later")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    found = fault(allowed(timeout=0.1), "https://pictures.example/")
    over.set()
    assert not found.dead


def test_who_asks_may_have_less_time_than_is_allowed(allowed: Allowed):
    with line(lambda _, over: over.wait()) as port:
        url = f"http://localhost:{port}/"
        with pytest.raises(FetchError, match=r"no answer within 0\.1 s"):
            allowed(allow_http=True).get(url, within=0.1)
        with pytest.raises(FetchError, match=r"no answer within 0\.2 s"):
            allowed(allow_http=True, timeout=0.2).get(url, within=9)


def test_no_more_bytes_are_taken_than_allowed(web: Web, allowed: Allowed):
    fetcher = allowed(maximum=100_000)
    assert len(fetcher.get(web.put("/a", bytes(100_000))).data) == 100_000
    for url in (web.put("/b", bytes(100_001)), web.put("/c", bytes(1000), endless=True)):
        found = fault(fetcher, url)
        assert found.dead
        assert found.what == "it has more than 100,000 bytes"


def test_an_answer_shorter_than_it_says_is_a_broken_line(web: Web, allowed: Allowed):
    found = fault(allowed(), web.put("/a", b"abc", headers={"Content-Length": "5"}))
    assert not found.dead


@pytest.mark.parametrize(
    "answer", [b"", b"\x00\xff" * 50, b"HTTP/9.9 nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n"]
)
def test_an_answer_that_is_no_http_is_a_fault_that_may_pass(allowed: Allowed, answer: bytes):
    def talk(connection: socket.socket, _: threading.Event) -> None:
        connection.recv(4096)
        connection.sendall(answer)

    with line(talk) as port:
        found = fault(allowed(allow_http=True), f"http://localhost:{port}/")
    assert not found.dead
    assert found.what.startswith("it breaks the rules of HTTP: ")
    assert "bytearray" not in found.what


# --- whose fault ---------------------------------------------------------------------------------------------------


def test_a_host_that_does_not_exist_is_known_as_such(allowed: Allowed, names: dict[str, Any]):
    names["gone.example"] = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    names["later.example"] = socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
    gone, later = (fault(allowed(), f"https://{host}.example/") for host in ("gone", "later"))
    assert isinstance(gone, UnknownHostError)
    assert gone.dead
    assert str(gone) == "https://gone.example/: there is no host gone.example"
    assert not later.dead


def test_a_refused_connection_may_pass(allowed: Allowed):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    found = fault(allowed(), f"https://localhost:{port}/")
    assert not found.dead
    assert found.what == "Connection refused"


def test_a_certificate_that_is_not_trusted_may_be_mended(web: Web, names: dict[str, Any], allowed: Allowed):
    found = fault(Fetcher(Limits(allow_private=True)), web.put("/a"))
    assert not found.dead
    assert "certificate" in found.what
    names["other.example"] = ["127.0.0.1"]
    assert "certificate" in fault(allowed(), web.url("/a", "other.example")).what
    assert web.asked == []


def test_a_server_without_tls_is_told_in_words(allowed: Allowed):
    with http() as plain:
        found = fault(allowed(), plain.url("/").replace("http:", "https:"))
    assert not found.dead
    assert found.what.startswith("no TLS connection")


# --- the status alone ----------------------------------------------------------------------------------------------


def test_the_status_is_asked_for_without_content(web: Web, allowed: Allowed):
    assert allowed().status(web.put("/a", b"content")) == 200
    assert web.asked == [("HEAD", "/a")]


@pytest.mark.parametrize("refusal", [403, 404, 405, 501])
def test_a_server_that_does_not_care_for_head_is_asked_again(web: Web, allowed: Allowed, refusal: int):
    assert allowed().status(web.put("/a", b"content", head=refusal, endless=True)) == 200
    assert web.asked == [("HEAD", "/a"), ("GET", "/a")]


def test_a_status_is_that_of_where_redirects_lead(web: Web, allowed: Allowed):
    assert allowed().status(web.put("/a", status=301, headers={"Location": "/gone"})) == 404
