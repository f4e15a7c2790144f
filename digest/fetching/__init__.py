"""Fetching what strangers point to: the one HTTP client, with a bound on time, on bytes, and on where it may go.

    get ──▶ an address to ask ──▶ its host's addresses ──▶ a public one? ──▶ connect to that very one ──▶ answer
              ▲                                                                                             │
              └───────────────────────────────── redirected ────────────────────────────────────────────────┘

An address is checked after it was looked up and just before it is connected to, for a name may mean one machine now and
another one a moment later (DNS rebinding). What comes packed is unpacked as it comes, and never beyond the bound: a
small answer can hold gigabytes.
"""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from math import inf
from threading import Thread
from urllib.parse import quote, urljoin, urlsplit

import certifi
import httpcore
import idna

from digest.errors import FetchError, PrivateHostError, UnknownHostError
from digest.fetching.packing import ASKED, PackingError, coding, unpacking

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_FOR_GOOD = frozenset({301, 308})  # RFC 9110, 15.4.2 and 15.4.9: links to it are better changed
_BAD_REQUEST = 400
_SHOWN = 200  # characters of an address in an error
# What RFC 3986 lets stand in a path or a query, and the percent sign of what is encoded already.
_STANDING = "%:/?[]@!$&'()*+,;=-._~"
_CHARSET = re.compile(r""";\s*charset\s*=\s*["']?([\w.:+-]+)""", re.ASCII | re.IGNORECASE)
_QUOTED = re.compile(r""":\s*(?:bytearray\()?b["'].*""", re.DOTALL)  # bytes of an answer, as Python writes them
_HOST = re.compile(r"[a-z0-9_](?:[a-z0-9._-]*[a-z0-9_])?\.?|[0-9a-f:.]*:[0-9a-f:.]*")
_UNICAST = ip_network("2000::/3")  # all that IANA has given out for the Internet
_NAT64 = ip_network("64:ff9b::/96")  # an IPv4 address as IPv6-only networks reach it (RFC 6052, 2.1)
_NOT_FOR_US = (
    ip_network("192.0.0.0/24"),  # protocol assignments, and the metadata service of one cloud
    ip_network("168.63.129.16/32"),  # the metadata service of another, at an address that looks public
    ip_network("2002::/16"),  # 6to4: wraps any IPv4 address, a private one too
    ip_network("192.88.99.0/24"),  # and its relays (RFC 7526)
)
# What getaddrinfo says of a name that does not exist, and of one that has no address.
_NO_SUCH_NAME = frozenset(getattr(socket, name) for name in ("EAI_NONAME", "EAI_NODATA") if hasattr(socket, name))


@dataclass(frozen=True, slots=True)
class Limits:
    """``timeout`` is for a whole fetch, in seconds, redirects and all; ``maximum`` is in bytes."""

    timeout: float = 10.0
    maximum: int = 5_000_000
    redirects: int = 5
    allow_private: bool = False
    allow_http: bool = False


USUAL = Limits()


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer: ``url`` is where it came from after all redirects; ``data`` is empty unless the status is 2xx.

    ``headers`` have names in small letters. ``moved`` is where the address leads by permanent redirects alone, "" where
    the first one is not, or there is none: it may be written down in the place of the address that was asked.
    """

    url: str
    status: int
    media_type: str
    data: bytes
    headers: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    moved: str = ""

    @property
    def charset(self) -> str:
        """The one that the server names, "" where it names none."""
        found = _CHARSET.search(self.headers.get("content-type", ""))
        return found[1].lower() if found else ""


class Fetcher:
    """Asks addresses on the web. Holds no connection and no state: threads may share it."""

    def __init__(self, limits: Limits = USUAL, *, ssl_context: ssl.SSLContext | None = None) -> None:
        self._limits = limits
        self._tls = ssl_context or ssl.create_default_context(cafile=certifi.where())
        self._agent = f"digest/{version('newsletter-digest')} (+newsletter)"

    def get(
        self, url: str, *, headers: Iterable[tuple[str, str]] = (), packed: bool = False, within: float = inf
    ) -> Fetched:
        """What is at this address. Any status that a server gives is an answer, 404 and 503 too.

        ``headers`` are asked with. ``packed`` lets the server send less than there is; the limits are for what is
        unpacked. After ``within`` seconds it ends, if the limits allow so many. Raises FetchError where there is no answer, or none that may be taken.
        """
        asked = {"Accept": "*/*", "Accept-Encoding": ASKED if packed else "identity"} | dict(headers)
        return self._follow(_Request("GET", url, asked, packed=packed), _Clock(min(self._limits.timeout, within)))

    def status(self, url: str) -> int:
        """The status of this address, without its content. Raises FetchError."""
        clock = _Clock(self._limits.timeout)
        head = _Request("HEAD", url, {"Accept": "*/*", "Accept-Encoding": "identity"}, body=False)
        status = self._follow(head, clock).status
        # Servers that do not care for HEAD say so by 405, 403, 404 or 500: only a GET is believed about a fault.
        return status if status < _BAD_REQUEST else self._follow(replace(head, method="GET"), clock).status

    def _follow(self, request: _Request, clock: _Clock) -> Fetched:
        asked, moved, for_good = request, "", True
        for _ in range(self._limits.redirects + 1):
            answer = self._ask(asked, clock)
            if isinstance(answer, Fetched):
                return replace(answer, moved=moved)
            for_good = for_good and answer.status in _FOR_GOOD
            moved = answer.location if for_good else moved
            asked = replace(asked, url=answer.location)
        raise FetchError(request.url[:_SHOWN], f"it redirects more than {self._limits.redirects} times", dead=True)

    def _ask(self, request: _Request, clock: _Clock) -> Fetched | _Redirect:
        """The answer to one request."""
        url = request.url
        target, host = _target(url, allow_http=self._limits.allow_http)
        headers = [("Host", host), ("User-Agent", self._agent), *request.headers.items()]
        guard = _Guard(url, clock, allow_private=self._limits.allow_private)
        try:
            with (
                httpcore.ConnectionPool(ssl_context=self._tls, network_backend=guard, max_connections=1) as pool,
                pool.stream(request.method, target, headers=headers) as response,
            ):
                found = _headers(response)
                if response.status in _REDIRECTS and (location := found.get("location")):
                    return _Redirect(response.status, _joined(url, location))
                wanted = request.body and response.status // 100 == 2  # noqa: PLR2004 - RFC 9110, 15.3
                data = self._read(request, response, found) if wanted else b""
        except httpcore.TimeoutException:
            raise FetchError(url[:_SHOWN], f"no answer within {clock.seconds:g} s") from None
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise FetchError(url[:_SHOWN], _reason(error)) from error
        media_type = found.get("content-type", "").partition(";")[0].strip().lower()
        return Fetched(url, response.status, media_type, data, found)

    def _read(self, request: _Request, response: httpcore.Response, headers: Mapping[str, str]) -> bytes:
        """The content unpacked, never more of it than is allowed, whatever the server says about its length."""
        where = request.url[:_SHOWN]
        packed = coding(headers.get("content-encoding", ""))
        packing = unpacking(packed)
        if packing is None or (packed and not request.packed):
            raise FetchError(where, f"it is compressed ({packed[:20]}), which was not asked for")
        data = bytearray()
        try:
            for chunk in filter(None, response.iter_stream()):
                data += packing.unpack(chunk, self._limits.maximum + 1 - len(data))
                if len(data) > self._limits.maximum:
                    raise FetchError(where, f"it has more than {self._limits.maximum:,} bytes", dead=True)
        except PackingError:
            raise FetchError(where, f"it is not compressed as it says ({packed})") from None
        if not packing.is_whole:
            raise FetchError(where, f"it ends in the middle of what was compressed ({packed})")
        return bytes(data)


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    url: str
    headers: Mapping[str, str]
    packed: bool = False
    body: bool = True


@dataclass(frozen=True, slots=True)
class _Redirect:
    status: int
    location: str


class _Clock:
    """The time that a whole fetch may take."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        if (left := self._end - time.monotonic()) > 0:
            return left
        raise httpcore.TimeoutException


class _Guard(httpcore.NetworkBackend):
    """Connects to public addresses only, and never waits longer than the clock says."""

    def __init__(self, url: str, clock: _Clock, *, allow_private: bool) -> None:
        self._url = url[:_SHOWN]
        self._clock = clock
        self._allow_private = allow_private
        self._network = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - the clock is the only time-out
        local_address: str | None = None,  # noqa: ARG002 - nobody asks for one
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,  # noqa: ARG002 - likewise
    ) -> httpcore.NetworkStream:
        found = self._resolve(host, port)
        addresses = [address for address in found if self._allow_private or is_public(address)]
        if not addresses:
            raise PrivateHostError(self._url, host, found[0])
        for others in range(len(addresses) - 1, 0, -1):
            share = self._clock.left() / (others + 1)  # one address that swallows packets must not use up all the time
            with contextlib.suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                return self._connect(addresses[-others - 1], port, share)
        return self._connect(addresses[-1], port, self._clock.left())

    def _connect(self, address: str, port: int, seconds: float) -> httpcore.NetworkStream:
        return _Stream(self._network.connect_tcp(address, port, seconds), self._clock)

    def _resolve(self, host: str, port: int) -> list[str]:
        """The addresses of a host. In a thread, for getaddrinfo knows no time-out."""
        answer: Future[list[str]] = Future()

        def ask() -> None:
            try:
                found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
                answer.set_result([str(address[0]) for *_, address in found])
            except (OSError, ValueError) as error:
                answer.set_exception(error)

        Thread(target=ask, name=f"resolve {host}", daemon=True).start()
        try:
            return answer.result(self._clock.left())
        except TimeoutError:
            raise httpcore.ConnectTimeout from None
        except socket.gaierror as error:
            if error.errno in _NO_SUCH_NAME:
                raise UnknownHostError(self._url, host) from None
            raise FetchError(self._url, f"the host {host} cannot be looked up: {error.strerror}") from None
        except (OSError, ValueError):
            raise FetchError(self._url, f"{host!r} is no name of a host", dead=True) from None


class _Stream(httpcore.NetworkStream):
    """A connection on which every wait ends when the clock says, so that a byte a second wins no time."""

    def __init__(self, stream: httpcore.NetworkStream, clock: _Clock) -> None:
        self._stream = stream
        self._clock = clock

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002 - the clock is the only time-out
        return self._stream.read(max_bytes, self._clock.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002 - the clock is the only time-out
        self._stream.write(buffer, self._clock.left())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002 - the clock is the only time-out
    ) -> httpcore.NetworkStream:
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, self._clock.left()), self._clock)

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open Internet: none of this machine, its networks, or its cloud's services."""
    ip = _meant(ip_address(address))
    reachable = ip.is_global and not ip.is_multicast and (ip.version == 4 or ip in _UNICAST)  # noqa: PLR2004 - IPv4
    return reachable and not any(ip in network for network in _NOT_FOR_US)


def _meant(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address inside an IPv6 one, where that is what it stands for."""
    if isinstance(ip, IPv4Address):
        return ip
    return ip.ipv4_mapped or (IPv4Address(int(ip) & 0xFFFFFFFF) if ip in _NAT64 else ip)


def _target(url: str, *, allow_http: bool) -> tuple[httpcore.URL, str]:
    """An address as it is asked for, and its Host header (RFC 9110, 7.2). Raises FetchError."""
    try:
        parts = urlsplit(url)
        name, port = parts.hostname or "", parts.port
        host = name if name.isascii() else idna.encode(name, uts46=True).decode("ascii")
        query = f"?{parts.query}" if parts.query else ""
        target = quote((parts.path or "/") + query, safe=_STANDING)
    except ValueError:  # idna's errors are UnicodeErrors, and so ValueErrors
        host = ""
    if not _HOST.fullmatch(host) or parts.scheme not in {"https", "http"}:
        raise FetchError(url[:_SHOWN], "it is no address on the web", dead=True)
    if parts.scheme == "http" and not allow_http:
        raise FetchError(url[:_SHOWN], "it is not https", dead=True)
    written = f"[{host}]" if ":" in host else host
    named = written if port is None else f"{written}:{port}"
    return httpcore.URL(scheme=parts.scheme, host=host, port=port, target=target), named


def _headers(response: httpcore.Response) -> dict[str, str]:
    return {name.decode("ascii").lower(): value.decode(errors="replace") for name, value in response.headers}


def _joined(url: str, location: str) -> str:
    """Where a redirect leads. Errors do not repeat it: it may hold a key. Raises FetchError."""
    try:
        joined = urljoin(url, location)
        parts = urlsplit(joined)
    except ValueError:
        raise FetchError(url[:_SHOWN], "it redirects to what is no address", dead=True) from None
    if parts.scheme not in {"https", "http"}:
        raise FetchError(url[:_SHOWN], f"it redirects to {parts.scheme[:20]}:, which is not the web", dead=True)
    if "@" in parts.netloc:
        host = parts.netloc.rpartition("@")[2][:_SHOWN]
        raise FetchError(url[:_SHOWN], f"it redirects to {host} in the name of a user", dead=True)
    return joined


def _reason(error: Exception) -> str:
    """What went wrong on the line, in a few words."""
    cause = error.args[0] if error.args else None  # httpcore wraps what it caught
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {cause.verify_message}"
    if isinstance(cause, ssl.SSLError):
        return f"no TLS connection: {cause.reason or cause}"
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror
    if isinstance(error, httpcore.ProtocolError):
        return f"it breaks the rules of HTTP: {_QUOTED.sub('', str(error))}"
    return str(error) or "the connection broke"
