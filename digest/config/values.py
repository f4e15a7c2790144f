"""The kinds of value a configuration holds: each knows how it is written, read and shown again.

A validator raises ValueError with a sentence that ends a line beginning with the key; it never does I/O beyond asking
whether a folder or file is there.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import time, timedelta
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, ValidationInfo, WithJsonSchema

from digest import colour
from digest.errors import RenderError
from digest.look import font
from digest.model import Address

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")  # ends a header's line, for one reader or another


def nearest(word: str, known: Iterable[str]) -> str:
    """The one of ``known`` that somebody who wrote ``word`` most likely meant, or ""."""
    by_fold = {name.casefold(): name for name in known}
    found = difflib.get_close_matches(word.casefold(), by_fold, n=1, cutoff=0.6)
    return by_fold[found[0]] if found else ""


# --- durations: "30s", "15m", "1h30m", "2d", or a number of seconds ----------------------------------------------

_UNITS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_DURATION = re.compile(r"(?:(?P<d>\d{1,6})d)?(?:(?P<h>\d{1,6})h)?(?:(?P<m>\d{1,6})m)?(?:(?P<s>\d{1,10})s?)?", re.ASCII)


def parse_duration(value: object) -> timedelta:
    """``1h30m`` as a timedelta; a bare number is a number of seconds."""
    if isinstance(value, timedelta):
        return value
    text = str(value).strip() if isinstance(value, int | str) and not isinstance(value, bool) else ""
    found = _DURATION.fullmatch(text)
    if not text or found is None:
        raise ValueError(f"expected a duration such as 30s, 15m, 1h30m or 2d, found {value!r}")
    return timedelta(seconds=sum(int(found[unit] or 0) * seconds for unit, seconds in _UNITS.items()))


def format_duration(duration: timedelta) -> str:
    """The notation that ``parse_duration`` reads."""
    rest, parts = int(duration.total_seconds()), []
    for unit, seconds in _UNITS.items():
        count, rest = divmod(rest, seconds)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


def _more_than_nothing(duration: timedelta) -> timedelta:
    if not duration:
        raise ValueError("must be longer than 0s")
    return duration


Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    PlainSerializer(format_duration, return_type=str),
    WithJsonSchema({"type": ["string", "integer"], "pattern": r"^(\d+d)?(\d+h)?(\d+m)?(\d+s?)?$"}),
]
Positive = Annotated[Duration, AfterValidator(_more_than_nothing)]

# --- times of day and zones --------------------------------------------------------------------------------------

_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)", re.ASCII)


def _parse_time(value: object) -> time:
    if isinstance(value, time):  # TOML has a type for it: at = 07:00:00
        return value.replace(tzinfo=None)
    if not isinstance(value, str) or not (found := _TIME.fullmatch(value.strip())):
        raise ValueError(f'expected a time of day such as "07:00", found {value!r}')
    return time(int(found[1]), int(found[2]))


TimeOfDay = Annotated[
    time,
    BeforeValidator(_parse_time),
    PlainSerializer(lambda value: f"{value:%H:%M}" if not value.second else f"{value:%H:%M:%S}", return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^\d{1,2}:\d{2}$"}),
]


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # ValueError for "../x", OSError for "Europe": a folder of zones
        known = nearest(name, available_timezones())
        raise ValueError(f"unknown time zone {name!r}" + (f"; nearest known zone: {known}" if known else "")) from None
    return name


Zone = Annotated[str, AfterValidator(_known_zone)]

# --- addresses ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A name and an address, as in ``Example Weekly <weekly@example.org>`` (RFC 5322, 3.4)."""

    name: str
    address: Address

    def __str__(self) -> str:
        return f"{self.name} <{self.address}>" if self.name else str(self.address)


_MAILBOX = re.compile(r"(?P<name>[^<>]*)<(?P<address>[^<>]*)>")


def parse_mailbox(value: object) -> Mailbox:
    """``Name <address>`` or a bare address; the name may be quoted."""
    if isinstance(value, Mailbox):
        return value
    if not isinstance(value, str):
        raise ValueError(f'expected "Name <address>", found {value!r}')  # noqa: TRY004 - pydantic wants a ValueError
    if _CONTROL.search(value):
        raise ValueError(f"{value!r} holds a control character")
    found = _MAILBOX.fullmatch(value.strip())
    if found is None:
        return Mailbox("", _sendable(value.strip()))
    name = found["name"].strip()
    if len(name) > 1 and name[0] == name[-1] == '"':
        name = re.sub(r"\\(.)", r"\1", name[1:-1])
    return Mailbox(name.strip(), _sendable(found["address"].strip()))


def _sendable(text: str) -> Address:
    """An address of ours: one that every server takes as a sender, with or without SMTPUTF8 (RFC 6531)."""
    address = Address.parse(text)
    if not address.local.isascii():
        raise ValueError(f"{text!r}: what stands before the @ must be plain ASCII, or many servers refuse every mail")
    return address


Sender = Annotated[
    Mailbox, BeforeValidator(parse_mailbox), PlainSerializer(str, return_type=str), WithJsonSchema({"type": "string"})
]
PlainAddress = Annotated[str, AfterValidator(lambda value: str(_sendable(value)) if value else "")]

# --- mailboxes that are read ---------------------------------------------------------------------------------------

_POST_BOXES = {"imaps", "imap", "pop3s", "pop3", "maildir", "mbox"}


def _post_box(value: str, info: ValidationInfo) -> str:
    """``imaps://user@host/INBOX``, or a path relative to the configuration's folder after ``maildir:`` or ``mbox:``."""
    if not value:
        return ""
    scheme, _, rest = value.partition(":")
    if scheme not in _POST_BOXES or not rest.strip("/"):
        raise ValueError(
            f"expected imaps://user@host/INBOX, pop3s://user@host, maildir:PATH or mbox:PATH, found {value!r}"
        )
    if scheme in {"maildir", "mbox"}:
        return f"{scheme}:{(info.context or {}).get('folder', Path()) / Path(rest).expanduser()}"
    try:
        parts = urlsplit(value)
        usable = parts.hostname and parts.username and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise ValueError(f"names no user or no host: {scheme}://user@host")
    if parts.password:
        raise ValueError("holds a password; set bounces.password_file instead")
    return value


PostBox = Annotated[str, AfterValidator(_post_box)]

# --- addresses of pages ------------------------------------------------------------------------------------------

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


def _exact_address(value: str) -> str:
    if not value:
        return ""
    try:
        parts = urlsplit(value)
        usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:  # a port that is no number, an IPv6 address that never closes
        usable = False
    if not usable or _CONTROL.search(value) or " " in value:
        raise ValueError(f"expected an address that begins with https:// or http://, found {value!r}")
    return value


def _web_address(value: str) -> str:
    """Without a slash at its end, so that paths may be joined to it."""
    return _exact_address(value).rstrip("/")


_HOST = re.compile(r"[^\s/:@\[\]]+|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*")  # a name, an IPv4 or an IPv6 address


def _host(value: str) -> str:
    if not _HOST.fullmatch(value) or _CONTROL.search(value):
        raise ValueError(f"expected the name of a host alone, such as mail.example.org, found {value!r}")
    return value


Host = Annotated[str, AfterValidator(_host)]


def _door(value: str) -> str:
    """``HOST:PORT``; who names a port alone has thought of nobody outside of this machine."""
    found = _DOOR.fullmatch(value)
    if value and (not found or int(found["port"]) > _LAST_PORT):
        raise ValueError(f"expected HOST:PORT, such as 127.0.0.1:9100, found {value!r}")
    return f"{found['host'] or '127.0.0.1'}:{found['port']}" if found else ""


_DOOR = re.compile(r"((?P<host>[\w.-]*|\[[0-9A-Fa-f:.]+\]):)?(?P<port>\d{1,5})", re.ASCII)
_LAST_PORT = 65_535
Door = Annotated[str, AfterValidator(_door)]


def _pattern(*names: str, ending: str = "") -> AfterValidator:
    """A web address with placeholders, one of ``names`` at least, each of which may have this ending."""

    def check(value: str) -> str:
        found = _PLACEHOLDER.findall(_web_address(value))
        for name in found:
            if name.removesuffix(ending) not in names:
                raise ValueError(f"unknown placeholder {{{name}}}; known: {', '.join(f'{{{n}}}' for n in names)}")
        if value and not found:
            raise ValueError(f"needs a placeholder, one of {', '.join(f'{{{n}}}' for n in names)}")
        return value

    return AfterValidator(check)


WebAddress = Annotated[str, AfterValidator(_web_address)]
ExactAddress = Annotated[str, AfterValidator(_exact_address)]  # of a page, which with a slash at its end is another one
ARTICLE_PLACEHOLDERS = (
    *("slug", "category", "year", "month", "day", "path", "filename", "title"),
    *("slug_or_title", "slug_or_filename", "slug_or_dated", "folders", "categories", "language"),
)
ArticleAddress = Annotated[str, _pattern(*ARTICLE_PLACEHOLDERS, ending=":lower")]
CategoryAddress = Annotated[str, _pattern("category")]

# --- paths, relative to the configuration file -------------------------------------------------------------------


def _below(value: Any, info: ValidationInfo) -> Any:
    if value == "":
        raise ValueError("is empty; leave the key out instead")
    folder = (info.context or {}).get("folder", Path())
    return folder / Path(value).expanduser() if isinstance(value, str | Path) else value


def _is_folder(path: Path) -> Path:
    if not path.is_dir():
        raise ValueError(f"there is no folder {path}")
    return path


def _is_file(path: Path) -> Path:
    if not path.is_file():
        raise ValueError(f"there is no file {path}")
    return path


RelativePath = Annotated[Path, BeforeValidator(_below)]
Folder = Annotated[RelativePath, AfterValidator(_is_folder)]
File = Annotated[RelativePath, AfterValidator(_is_file)]

# --- text, and lists, which an environment variable writes with commas -----------------------------------------------------


def _split(value: Any) -> Any:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _one_line(value: str) -> str:
    if _CONTROL.search(value):  # it goes into headers
        raise ValueError(f"{value!r} holds a line break or another control character")
    return value


Line = Annotated[str, AfterValidator(_one_line)]


def _usable(check: Callable[[str], object]) -> AfterValidator:
    """A value that rendering can use, found out by asking it."""

    def checked(value: str) -> str:
        try:
            check(value)
        except RenderError as error:
            raise ValueError(f"{error.message}; {error.hint}") from None
        return value

    return AfterValidator(checked)


Colour = Annotated[str, _usable(colour.parse)]
Font = Annotated[str, _usable(font)]
Commas = BeforeValidator(_split)
Words = Annotated[tuple[str, ...], Commas]
Count = Annotated[int, Field(ge=1)]
