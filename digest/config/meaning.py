"""What a configuration means to those who do the work: values of theirs, made of its tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from platformdirs import user_cache_path

from digest import dkim, editing, fetching
from digest.bounces.providers import Reader, readers
from digest.bounces.recording import Score
from digest.compose import Rules, Weights
from digest.config import derived, tables
from digest.config.delivering import Dkim
from digest.config.gathering import Source as Origin
from digest.config.tables import Config
from digest.deliverability import facts
from digest.delivery import Policy, Uncertain
from digest.editing import Place
from digest.errors import ConfigError
from digest.look import Look
from digest.model import Image, Sender
from digest.pacing import Limits
from digest.period import Cadence, Clock, Missed, Unit
from digest.pictures.gallery import Gallery, Host, Mode
from digest.publishing import Digest, Source
from digest.sending.pace import Pace, Part
from digest.sending.ports import Transport
from digest.sending.relay import Relay
from digest.sending.server import Server, Tls
from digest.sources.feeds.polling import Poller
from digest.sources.feeds.source import Feed
from digest.sources.files import Folder
from digest.sources.indexed import Indexed
from digest.sources.ports import Feeds, Index
from digest.sources.reading import LinkTo
from digest.subscriptions.asking import Terms

OWN_PAGES = fetching.Limits(
    timeout=5, maximum=10_000, allow_private=True, allow_http=True
)  # of a look at our own pages
SHEET_MARGINS = 64  # pixels beside the text in the built-in templates


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
            exclude_title=table.exclude.title,
            exclude_sources=frozenset(table.exclude.source),
            aliases=table.aliases,
            order=table.order,
            per_section=table.per_section,
            maximum=table.maximum,
            minimum=table.minimum,
            category_url=config.site.category_url,
            uncategorised=table.uncategorised,
            zone=ZoneInfo(config.site.timezone),
            languages=table.languages,
            alike=table.alike,
            rank=table.rank,
            weights=Weights(table.weights.recency, table.weights.image, table.weights.source, table.weights.category),
            variety=table.variety,
            smallest=table.smallest,
            lead=table.lead,
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
        languages=(config.site.language, *config.site.languages) if config.site.languages else (),
        approve=table.approve,
        editor=table.editor,
    )


def languages(config: Config) -> frozenset[str]:
    """Those that any digest takes; none where one takes all."""
    taken = [table.languages for table in config.digests.values()]
    return frozenset[str]().union(*taken) if all(taken) else frozenset()


def sources(
    config: Config, index: Index, feeds: Callable[[], Feeds], now: Callable[[], datetime]
) -> tuple[Source, ...]:
    """Where articles come from, each with what is remembered of it."""
    return tuple(_folder(table, config, index, now) or _feed(table, feeds()) for table in config.sources)


def _folder(table: Origin, config: Config, index: Index, now: Callable[[], datetime]) -> Source | None:
    site = config.site
    if table.files is None:
        return None
    folder = Folder(
        root=table.files,
        zone=ZoneInfo(site.timezone),
        site_url=site.url,
        article_url=table.article_url or site.article_url,
        static=site.static,
        prefer=LinkTo(table.link) if table.link else None,
        base=config.folder,
        name=table.called,
        category=table.category,
        language=table.language,
        spoken=site.language if "language" in site.model_fields_set else "",
        names={str(field): names for field, names in table.fields.items()},
    )
    return Indexed(folder, index, now)


def _feed(table: Origin, feeds: Feeds) -> Source:
    return Feed(table.feed, feeds, name=table.called, category=table.category, language=table.language)


def poller(config: Config, feeds: Feeds, now: Callable[[], datetime]) -> Poller:
    """Who asks the feeds for what is new."""
    table = config.feeds
    limits = fetching.Limits(
        timeout=table.timeout.total_seconds(),
        maximum=table.maximum,
        allow_private=table.allow_private,
        allow_http=True,
    )
    names = {source.feed: source.called for source in config.sources if source.feed}
    return Poller(fetching.Fetcher(limits), feeds, now, table.every, table.connections, table.dead, names)


def place(config: Config, digest: str, period: str) -> Place:
    """Where the file of an edition is."""
    return editing.place(config.site.editions, config.folder, f"{digest}/{period}")


def _cadence(table: tables.Digest, zone: ZoneInfo) -> Cadence:
    unit = Unit(table.cadence)
    days = {Unit.DAY: (), Unit.WEEK: tables.WEEKDAYS, Unit.MONTH: ()}[unit]
    on = days.index(table.on) if days else int(table.on or 1)
    return Cadence(
        unit=unit,
        on=on,
        at=table.at,
        cutoff=table.cutoff,
        zone=zone,
        by=Clock(table.zone),
        until=table.between[1] if table.between else None,
    )


def servers(config: Config) -> tuple[Server, ...]:
    """The mail servers and how to talk to them."""
    return tuple(
        Server(
            host=table.host,
            port=table.port,
            name=table.name,
            tls=Tls(table.tls),
            verify=table.verify,
            ca_file=table.ca_file,
            username=table.username,
            password=table.password.get_secret_value(),
            window=config.delivery.window,
            messages_per_connection=table.messages_per_connection,
            connect_timeout=table.connect_timeout.total_seconds(),
            command_timeout=table.command_timeout.total_seconds(),
            data_timeout=table.data_timeout.total_seconds(),
        )
        for table in config.smtp
    )


def relays(config: Config, transports: Sequence[Transport]) -> tuple[Relay, ...]:
    """What each of them may be given; ``transports`` are the ways to them, in their order."""
    return tuple(
        Relay(
            name=table.called,
            transport=transport,
            connections=table.connections,
            limits=Limits(0, table.per_second, table.per_minute, table.per_hour, table.per_day),
            weight=table.weight,
            warm_up=table.warm_up,
            warm_up_factor=table.warm_up_factor,
        )
        for table, transport in zip(config.smtp, transports, strict=True)
    )


def pace(config: Config, part: Part) -> Pace:
    """How sending goes about its part."""
    table = config.delivery
    return Pace(
        batch=table.batch,
        lease=table.lease,
        outage=table.outage,
        policy=Policy(table.first_retry, table.patience, Uncertain(table.uncertain)),
        domains={
            name: Limits(limits.connections, limits.per_second, per_hour=limits.per_hour)
            for name, limits in table.domains.items()
        },
        processes=part.processes,
        place=part.place,
        most=part.most,
    )


def score(config: Config) -> Score:
    """When soft bounces suppress: the window has room for so many editions of the digest that comes most rarely."""
    table = config.bounces
    rarest = max(derived.LONGEST[Unit(digest.cadence)] for digest in config.digests.values())
    return Score(table.soft_limit, max(table.soft_window, table.soft_limit * rarest), provable=bool(table.address))


def terms(config: Config) -> Terms:
    """On which terms people may subscribe on the pages."""
    table = config.web
    return Terms(table.confirm_within, table.per_client, frozenset(table.blocked_domains))


def plan(config: Config, digests: Sequence[Digest], keys: Sequence[dkim.Key]) -> facts.Plan:
    """What the large mailboxes are going to see."""
    return facts.Plan(
        senders=tuple(digest.sender for digest in digests),
        servers=tuple(
            facts.Server(
                name=smtp.called,
                host=smtp.host,
                port=smtp.port,
                tls=facts.Tls(smtp.tls),
                verify=smtp.verify,
                ca_file=smtp.ca_file,
                timeout=smtp.connect_timeout.total_seconds(),
            )
            for smtp in config.smtp
        ),
        keys=tuple(facts.PublishedKey(key.domain, key.selector, key.record.value) for key in keys),
        postal_address=config.site.postal_address,
    )


def look(config: Config, logo: Image | None) -> Look:
    """How the site presents itself in mails and on pages."""
    site, tokens = config.site, config.look
    return Look(
        site_title=site.title,
        site_url=site.url,
        language=site.language,
        zone=ZoneInfo(site.timezone),
        postal_address=site.postal_address,
        accent=tokens.accent,
        font=tokens.font,
        headings=tokens.headings,
        corner=tokens.corner,
        width=tokens.width,
        density=tokens.density,
        logo=logo,
        web=bool(config.web.url),
        reason=tokens.reason,
    )


def gallery(config: Config, mode: Mode) -> Gallery:
    """What makes images fit for mail, in one of the ways to show them."""
    table = config.images
    limits = fetching.Limits(timeout=table.timeout.total_seconds(), allow_private=table.allow_private)
    return Gallery(
        mode,
        fetcher=fetching.Fetcher(limits) if table.fetch else None,
        cache=table.cache or user_cache_path("newsletter-digest") / "images",
        host=Host(table.folder, table.url) if mode is Mode.HOST and table.folder else None,
        large=config.look.width - SHEET_MARGINS,
    )


def dkim_key(table: Dkim) -> dkim.Key:
    """The key that a table names. Raises ConfigError."""
    try:
        pem = table.key_file.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"dkim.key_file: {table.key_file} cannot be read: {error.strerror}",
            hint="give whoever sends the right to read it, and nobody else",
        ) from error
    return dkim.load(pem, f"dkim.key_file: {table.key_file}", domain=table.domain, selector=table.selector)


def reporters(
    config: Config, delivery_of: Callable[[str], int], binds: Callable[[str, str, datetime, datetime], bool]
) -> dict[str, Reader]:
    """The providers that may report over HTTP, by name. Raises ConfigError for a key that is none."""
    webhooks = config.webhooks
    return readers(
        ses_topics=webhooks.ses_topic,
        postmark_password=webhooks.postmark_password.get_secret_value(),
        mailgun_key=webhooks.mailgun_key.get_secret_value(),
        sendgrid_key=webhooks.sendgrid_key,
        delivery_of=delivery_of,
        binds=binds,
        web=fetching.Fetcher(fetching.Limits(maximum=100_000, redirects=0)),
    )
