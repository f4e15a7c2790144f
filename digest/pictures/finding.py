"""Where the bytes of a picture come from: a file, the cache, the web."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from digest.errors import FetchError, UnknownHostError
from digest.fetching import Fetched
from digest.pictures.cache import Cache, Kept
from digest.pictures.faults import PictureError

PATIENCE = 30.0  # seconds in which fetches may begin: forty hosts that swallow packets cannot hold up an edition
FILE_MAXIMUM = 30_000_000  # bytes of a picture on disk: what cameras write, and no film
UNSAFE = ("has an address without https", "serve it by https")  # what is wrong, and what to do
_PASSING = frozenset(
    {408, 425, 429}
)  # besides 5xx: the server, or the moment, is at fault (RFC 9110, RFC 8470, RFC 6585)


class Getter(Protocol):
    """Who asks the web, such as ``digest.fetching.Fetcher``."""

    def get(self, url: str) -> Fetched: ...


class Finder:
    """Finds pictures for one edition; a host that gave no answer is not asked again. Threads may share it.

    ``answered`` says whether the web has given any answer: a machine without a way out knows no host at all, and what
    it says about hosts is not to be believed.
    """

    def __init__(self, fetcher: Getter | None, cache: Cache | None) -> None:
        self._fetcher = fetcher
        self._cache = cache
        self._until = time.monotonic() + PATIENCE
        self._silent: dict[str, PictureError] = {}
        self.answered = False

    def hurry(self) -> None:
        """Raises PictureError when the time for looking is over."""
        if time.monotonic() > self._until:
            raise PictureError(f"was not looked at: the pictures before took more than {PATIENCE:g} s", "look again")

    def read(self, file: str) -> bytes:
        """A file's content. Raises PictureError."""
        path = Path(file)
        try:
            if path.stat().st_size > FILE_MAXIMUM:
                raise PictureError(f"has more than {FILE_MAXIMUM:,} bytes", "make it smaller")
            return path.read_bytes()
        except (OSError, ValueError) as error:
            raise PictureError(f"cannot be read: {getattr(error, 'strerror', None) or error}") from None

    def fetch(self, url: str) -> bytes:
        """What is at an address, asked now or within the last days. Raises PictureError."""
        kept = self._cache.find(url) if self._cache else None
        if kept and kept.fresh:
            self.answered = True
            return _content(kept, url)
        try:
            return _content(self._ask(url), url)
        except PictureError as fault:
            if kept and fault.host and not fault.unknown:
                return _content(kept, url)
            raise

    def _ask(self, url: str) -> Kept:
        host = host_of(url)
        if url.startswith("http://"):
            raise PictureError(*UNSAFE)
        if self._fetcher is None:
            raise PictureError("is on the web, and nothing is fetched", "set `fetch = true` under [images]")
        if silent := self._silent.get(host):
            raise silent
        if time.monotonic() > self._until:
            raise PictureError(f"the pictures before took more than {PATIENCE:g} s", host=host)
        try:
            found = self._fetcher.get(url)
        except FetchError as error:
            unknown = isinstance(error, UnknownHostError)
            passes = unknown or not error.dead
            what = error.what if passes else f"is not to be had: {error.what}"
            fault = PictureError(what, host=host if passes else "", unknown=unknown)
            if fault.host:
                self._silent[host] = fault
            raise fault from None
        self.answered = True
        if self._cache and not _passing(found.status):
            self._cache.keep(url, found.status, found.media_type, found.data)
        return Kept(found.status, found.data, fresh=True)


def host_of(url: str) -> str:
    """The host of a URL, "" for what has none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _passing(status: int) -> bool:
    return status >= 500 or status in _PASSING  # noqa: PLR2004 - RFC 9110, 15.6


def _content(answer: Kept, url: str) -> bytes:
    if answer.status // 100 == 2:  # noqa: PLR2004 - RFC 9110, 15.3
        return answer.data
    if _passing(answer.status):
        raise PictureError(f"its server answers {answer.status}", host=host_of(url))
    raise PictureError(f"is not to be had: its server answers {answer.status}", "mend its address")
