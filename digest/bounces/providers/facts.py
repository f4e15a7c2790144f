"""What every provider's report is read with: JSON that may hold anything, made into bounded facts and notices. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from digest.bounces.findings import Finding, mildest, shortened, status_in
from digest.bounces.ports import DeliveryOf
from digest.errors import LinkError, SignatureError
from digest.model import Notice

RAW_MAXIMUM = 64_000  # bytes of a report that may be kept
_WORDS_MAXIMUM = 1000
_AHEAD = timedelta(minutes=15)  # that a provider's clock may be before ours
_RETURN_TAG = re.compile(r"\+([a-z2-7]+)@", re.IGNORECASE)


# --- facts -------------------------------------------------------------------------------------------------------


def opened(data: bytes | str) -> Any:
    """The JSON in it; None where there is none."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def at(found: Any, *path: str) -> Any:
    """What is there; None where nothing is."""
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found


def words(found: Any, *path: str) -> str:
    """A text or a number that is there, on one line and bounded; "" for anything else."""
    value = at(found, *path)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    printable = "".join(character if character.isprintable() else " " for character in str(value))
    return " ".join(printable.split())[:_WORDS_MAXIMUM]


def tables(found: Any, *path: str) -> tuple[dict[str, Any], ...]:
    """The objects of a list that is there."""
    value = at(found, *path)
    return tuple(item for item in value if isinstance(item, dict)) if isinstance(value, list) else ()


def enhanced(*texts: str) -> str:
    """The enhanced code (RFC 3463) in these texts; where they contradict each other, the mildest."""
    return mildest(*map(status_in, texts))


def delivery_in(address: str, delivery_of: DeliveryOf) -> int:
    """The delivery that a return path such as ``bounces+TOKEN@example.org`` names; 0 for one that is not ours."""
    found = _RETURN_TAG.search(address)
    try:
        return delivery_of(found[1]) if found else 0
    except LinkError:
        return 0


# --- proofs ------------------------------------------------------------------------------------------------------


def require_fresh(at: datetime, now: datetime, patience: timedelta) -> None:
    """Raises SignatureError for a report that was signed longer ago than the provider tries to hand it over."""
    if not now - patience <= at <= now + _AHEAD:
        raise SignatureError(
            f"signed at {at:%Y-%m-%d %H:%M:%S}Z, which is not now", hint="check the clock of this machine"
        )


def instant(text: str) -> datetime:
    """The instant of a signature, in seconds since 1970 or as ISO 8601 with a zone. Raises SignatureError."""
    try:
        if text.isascii() and text.isdecimal():
            return datetime.fromtimestamp(int(text), UTC)
        found = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        found = datetime.min
    if found.tzinfo is None:
        raise SignatureError("signed at no time that can be read")
    return found.astimezone(UTC)


# --- notices -----------------------------------------------------------------------------------------------------


def noticed(source: str, finding: Finding, event: Sequence[str], raw: bytes, *, delivery: int = 0) -> Notice:
    """A notice whose key is made of the provider's own names for the event; without any, of all that it said."""
    named = event if any(event) else (hashlib.sha256(raw).hexdigest(),)
    key = json.dumps([*named, finding.address, finding.kind])
    return Notice(
        key=f"{source}:{hashlib.sha256(key.encode()).hexdigest()[:32]}",
        kind=finding.kind,
        source=source,
        delivery=delivery,
        address=finding.address,
        status=finding.status,
        text=shortened(finding.text),
        raw=raw[:RAW_MAXIMUM],
        proven=True,
    )
