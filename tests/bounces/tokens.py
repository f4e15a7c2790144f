"""Return paths of deliveries that are all of one edition."""

from __future__ import annotations

from datetime import UTC, datetime

from digest.links import Signer

SIGNER = Signer(["k" * 48])
EDITION = "weekly/2025-W40"
FROZEN = datetime(2025, 10, 13, 7, tzinfo=UTC)


def tag(delivery: int) -> str:
    return SIGNER.return_token(delivery, EDITION, FROZEN)


def delivery_of(token: str) -> int:
    return SIGNER.read_return_token(token, lambda _delivery: (EDITION, FROZEN))
