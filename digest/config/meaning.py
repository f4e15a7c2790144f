"""What a configuration means to those who do the work: values of theirs, made of its tables."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from digest.compose import Rules
from digest.config import tables
from digest.config.delivering import Smtp
from digest.config.tables import Config
from digest.model import Sender
from digest.period import Cadence, Missed, Unit
from digest.publishing import Digest
from digest.sending.smtp import Server, Tls


def digest(name: str, config: Config) -> Digest:
    """What is configured for the digest of that name."""
    table = config.digests[name]
    mailbox = table.from_
    return Digest(
        name=name,
        title=table.title,
        cadence=_cadence(table, ZoneInfo(config.site.timezone)),
        rules=Rules(
            require=table.require,
            exclude_categories=frozenset(table.exclude.category),
            exclude_tags=frozenset(table.exclude.tags),
            aliases=table.aliases,
            order=table.order,
            per_section=table.per_section,
            maximum=table.maximum,
            minimum=table.minimum,
            category_url=config.site.category_url,
            uncategorised=table.uncategorised,
            zone=ZoneInfo(config.site.timezone),
        ),
        sender=Sender(
            name=mailbox.name,
            address=str(mailbox.address),
            list_id=f"{name}.{mailbox.address.domain}",
            unsubscribe_to=table.unsubscribe_to,
            reply_to=table.reply_to,
            web=config.web.url,
            bounces=config.bounces.address,
        ),
        grace=table.grace,
        intro=table.intro,
        missed=Missed(table.missed),
        latest=table.latest,
    )


def _cadence(table: tables.Digest, zone: ZoneInfo) -> Cadence:
    unit = Unit(table.cadence)
    days = {Unit.DAY: (), Unit.WEEK: tables.WEEKDAYS, Unit.MONTH: ()}[unit]
    on = days.index(table.on) if days else int(table.on or 1)
    return Cadence(unit=unit, on=on, at=table.at, cutoff=table.cutoff, zone=zone)


def server(table: Smtp) -> Server:
    """A mail server and how to talk to it."""
    return Server(
        host=table.host,
        port=table.port,
        tls=Tls(table.tls),
        verify=table.verify,
        ca_file=table.ca_file,
        username=table.username,
        password=table.password.get_secret_value(),
        messages_per_connection=table.messages_per_connection,
        connect_timeout=table.connect_timeout.total_seconds(),
        command_timeout=table.command_timeout.total_seconds(),
        data_timeout=table.data_timeout.total_seconds(),
    )
