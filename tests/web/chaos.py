"""Requests that nobody would think of, the same in every run."""

from __future__ import annotations

import random
from collections.abc import Sequence
from urllib.parse import quote

WORDS = (
    "subscribe",
    "confirm",
    "unsubscribe",
    "undo",
    "preferences",
    "archive",
    "health",
    "robots.txt",
    "favicon.svg",
    "favicon.ico",
    "static",
    "pages.css",
    "fewer",
    "move",
    "data.json",
    "erase",
    "feed.atom",
    "sitemap.xml",
    "weekly",
    "hooks",
    "ses",
    "1",
    "2",
    "-1",
    "99999999999999999999",
    "0x1",
    "1e9",
    "٣",
    ".",
    "..",
    "...",
    "%2e%2e",
    "%2f",
    "%00",
    "%0d%0aSet-Cookie:a=b",
    "%ff",
    "%c0%af",
    "%u0041",
    "%",
    "%zz",
    "~",
    ";",
    ";a=b",
    ":",
    "@",
    ".git",
    ".env",
    "wp-login.php",
    "<script>",
    "{{7*7}}",
    "${x}",
    "'",
    '"',
    "\\",
    "`id`",
    "|",
)
METHODS = ("GET", "GET", "GET", "HEAD", "POST", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "BREW")
KINDS = (
    "",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "application/json",
    "text/plain",
    "\xff/;=;",
    "a/b;" * 50,
)


class Chaos:
    """Makes them up, one piece at a time."""

    def __init__(self, seed: int, words: Sequence[str]) -> None:
        self._chance = random.Random(seed)
        self._words = (*WORDS, *words)

    def target(self) -> str:
        pieces = [self._word() for _ in range(self._chance.randrange(5))]
        query = self._word() if self._chance.random() < 0.5 else ""
        named = self._chance.choice(("lang=", "email=", "token=", "digests=", "a=b&", "&", "?", "lang=de&lang="))
        return self._written("/" + "/".join(pieces)) + (f"?{named}{self._written(query)}" if query else "")

    def _word(self) -> str:
        match self._chance.randrange(4):
            case 0 | 1:
                return self._chance.choice(self._words)
            case 2:
                word = self._chance.choice(self._words)
                return word[: self._chance.randrange(len(word) + 1)] + self._character() + word
            case _:
                return "".join(self._character() for _ in range(self._chance.choice((1, 3, 30, 300))))

    def _character(self) -> str:
        return chr(self._chance.choice((self._chance.randrange(0x20, 0x7F), self._chance.randrange(1, 0xD7FF))))

    @staticmethod
    def _written(text: str) -> str:
        return quote(text, safe="".join(map(chr, range(0x21, 0x7F))))

    def method(self) -> str:
        return self._chance.choice(METHODS)

    def headers(self) -> dict[str, str]:
        offered = {
            "Accept-Language": self._chance.choice(
                ("de;q=0.5, *", "q=9;;,,", "x" * 5000, "ar,fr;q=nan;q=1e999,en;q=²", "\xfc")
            ),
            "Accept": self._chance.choice(("application/json", "text/html", "*/*;q=x", "")),
            "If-None-Match": self._chance.choice(("*", '"x"', "W/", '"' * 100)),
            "If-Modified-Since": self._chance.choice(
                ("yesterday", "Mon, 99 Zzz 99999 99:99:99 GMT", "Thu, 01 Jan 1970 00:00:00 GMT")
            ),
            "Range": self._chance.choice(("bytes=0-0", "bytes=5-1", "bytes=-", "items=1")),
            "Origin": self._chance.choice(("https://www.example.org", "null", "http://[", "\xff")),
            "Referer": self._chance.choice(
                ("http://[::1", "https://a b/", "\xff" * 20, "https://www.example.org/page?email=a@b.c")
            ),
            "Cookie": "a=b; c",
            "X-Forwarded-For": self._chance.choice(("203.0.113.9", "not an address, ::::", "1" * 500)),
            "X-Forwarded-Proto": self._chance.choice(("https", "gopher")),
            "Content-Type": self._chance.choice(KINDS),
            "Expect": "100-continue",
            "Upgrade": "websocket",
        }
        return {name: value for name, value in offered.items() if self._chance.random() < 0.2}

    def body(self) -> bytes:
        return self._chance.choice(
            (b"", b"", self._chance.randbytes(200), b"email=a%40b.c&name=%00", b"{}", b"--\r\n\r\n--")
        )
