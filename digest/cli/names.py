"""Whether the names in digest.toml are somebody's: an example that was left in it sends mail that nobody can answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from digest.cli.findings import Finding

if TYPE_CHECKING:
    from digest.app import App
    from digest.config import Config


def finding(app: App) -> Finding:
    """For `digest check`. A warning at most: whoever tries something out may want such names."""
    from digest.deliverability.reserved import is_reserved

    given = {key: value for key, value in _given(app.config) if value}
    kept = [f"{key}: {value}" for key, value in given.items() if is_reserved(_host(value))]
    if not kept:
        return Finding("names", well=True, said="none is kept for examples")
    hint = "write your own into digest.toml: these are kept for examples, and no mail and no page is there (RFC 2606)"
    return Finding("names", well=False, said="; ".join(kept), hint=hint)


def _given(config: Config) -> Iterator[tuple[str, str]]:
    """Addresses that mails hold, or that mail goes to, by their keys."""
    site = config.site
    yield from (
        ("site.url", site.url),
        ("site.article_url", site.article_url),
        ("site.category_url", site.category_url),
    )
    for name, table in config.digests.items():
        sender = str(table.from_.address)
        yield f"digests.{name}.from", sender
        yield f"digests.{name}.reply_to", table.reply_to
        yield f"digests.{name}.unsubscribe_to", table.unsubscribe_to if table.unsubscribe_to != sender else ""
        yield f"digests.{name}.editor", table.editor
    yield "delivery.operator", config.delivery.operator
    yield "bounces.address", config.bounces.address
    yield "web.url", config.web.url
    yield "images.url", config.images.url


def _host(address: str) -> str:
    from digest.proof import domains

    return domains.host(address) if "://" in address else address.rpartition("@")[2]
