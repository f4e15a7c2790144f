"""What the outside says of us: mail servers, the DNS, and our own pages as readers reach them."""

from __future__ import annotations

from collections.abc import Sequence

from digest.app import App
from digest.config import meaning
from digest.deliverability.examining import examine as examined
from digest.deliverability.findings import Finding
from digest.deliverability.gathering import look_at_pages as pages_looked_at
from digest.deliverability.greeting import SmtpHandshake
from digest.deliverability.rules.leaving import judge_pages
from digest.errors import TransportError
from digest.fetching import Fetcher
from digest.publishing import Digest
from digest.resolving import Resolver


def examine(app: App, digests: Sequence[Digest]) -> tuple[Finding, ...]:
    """Whether large mailboxes will believe the mails of these digests. Raises ConfigError."""
    plan = meaning.plan(app.config, digests, app.dkim_keys)
    names = Resolver(app.config.dns.servers, app.config.dns.timeout.total_seconds())
    return examined(plan, names, SmtpHandshake(), Fetcher(meaning.OWN_PAGES), app.now())


def look_at_pages(app: App) -> Finding | None:
    """Whether the readers' pages are where mails say that they are; None where mails say nothing of them."""
    url = app.config.web.url
    return judge_pages(pages_looked_at(Fetcher(meaning.OWN_PAGES), url)) if url else None


async def reach_servers(app: App) -> tuple[TransportError, ...]:
    """Connects to each mail server, logs in and leaves; why those cannot be reached that cannot.

    Raises TransportError when that is all of them.
    """
    errors = []
    for transport in app.transports:
        try:
            await (await transport.connect()).close()
        except TransportError as error:
            errors.append(error)
    if len(errors) == len(app.transports):
        raise errors[0]
    return tuple(errors)
