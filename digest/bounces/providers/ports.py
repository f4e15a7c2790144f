"""What the providers' reports need of the world, and what they offer to whoever takes them in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol

from digest.fetching import Fetched
from digest.model import Notice

# Whether a proof is for that report: it is for the first that came with it, which is remembered until some instant, also
# by those who come after us: ``binds(proof, report, until, now)``. Raises StoreError.
Binds = Callable[[str, str, datetime, datetime], bool]


class Web(Protocol):
    """``digest.fetching.Fetcher`` keeps this promise."""

    def get(self, url: str) -> Fetched:
        """What is at this address, never from another one. Raises FetchError."""


class Reader(Protocol):
    """One provider's reports, as they come over HTTP."""

    def read(self, headers: Mapping[str, str], body: bytes, now: datetime) -> tuple[Notice, ...]:
        """What is reported; nothing where all is well. Names in ``headers`` are in lower case.

        Raises SignatureError for what this provider did not send, or not just now.
        """
