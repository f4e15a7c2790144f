"""What a look from outside needs of the world: the DNS, a word with each mail server, and the web."""

from __future__ import annotations

from typing import Protocol

from digest.deliverability.facts import Greeting, Server
from digest.fetching import Fetched
from digest.resolving import Answer, Kind


class Names(Protocol):
    """``digest.resolving.Resolver`` keeps this promise."""

    def ask(self, name: str, kind: Kind) -> Answer:
        """What there is; says so when nothing is known. Raises nothing."""


class Handshake(Protocol):
    """``digest.deliverability.greeting.SmtpHandshake`` keeps this promise."""

    def look(self, server: Server) -> Greeting:
        """What the server says to a stranger. Raises nothing."""


class Web(Protocol):
    """``digest.fetching.Fetcher`` keeps this promise."""

    def get(self, url: str) -> Fetched:
        """What is at this address. Raises FetchError."""
