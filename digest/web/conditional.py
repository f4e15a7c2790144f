"""Conditional requests: whether a client has a representation as it is (RFC 9110, 13)."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from starlette.datastructures import Headers


def is_known(headers: Headers, tag: str, modified: datetime | None = None) -> bool:
    """Whether the client has it as it is (RFC 9110, 13.1.2, 13.1.3 and 13.2.2: a date counts where there is no tag)."""
    if "if-none-match" in headers:
        known = ",".join(headers.getlist("if-none-match"))
        return known.strip() == "*" or tag in {each.strip().removeprefix("W/") for each in known.split(",")}
    since = _date(headers.get("if-modified-since", ""))
    return since is not None and modified is not None and modified.replace(microsecond=0) <= since


def _date(written: str) -> datetime | None:
    """A date as HTTP writes it; None for what is none, which counts for nothing."""
    try:
        found = parsedate_to_datetime(written)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
