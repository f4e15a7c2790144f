"""Wiring: from a configuration to the parts that work together; the only place that names adapters, and the clock."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache
from math import inf

from digest import dkim
from digest.bounces.providers import Reader
from digest.bounces.reading import read as read_notices
from digest.bounces.recording import Recorder
from digest.compose import lost, otherwise_good
from digest.config import Config, meaning
from digest.editing import Candidates, Edited, read, unknown
from digest.errors import ConfigError, UsageError
from digest.links import Signer
from digest.look import Look
from digest.message import Letter, letter, message
from digest.model import (
    Covers,
    Delivery,
    EditionRecord,
    History,
    Image,
    Message,
    Notice,
    Period,
    Problem,
    Rendition,
)
from digest.period import last_complete, parse
from digest.pictures.gallery import Gallery, Mode
from digest.publishing import (
    Digest,
    Gathered,
    Prepared,
    Source,
    Told,
    draft,
    freeze,
    gather,
    nobody_is_told,
    require_approval,
    window,
)
from digest.render import Renderer
from digest.render.notes import Notes
from digest.render.pages import Pages
from digest.sending.loop import send
from digest.sending.pace import WHOLE, Part
from digest.sending.ports import Clock, Watch
from digest.sending.relay import Outlet
from digest.sending.smtp import SmtpTransport
from digest.sources.covers import CoverError, Shelf
from digest.sources.feeds.polling import Poller
from digest.store.alarms import Alarms
from digest.store.allowances import Allowances
from digest.store.archive import Publications
from digest.store.database import BUSY_TIMEOUT, Database, to_look_at
from digest.store.deliveries import Deliveries
from digest.store.editions import Along, Editions
from digest.store.feeds import Feeds
from digest.store.heartbeat import Heartbeat
from digest.store.ledger import Ledger
from digest.store.notices import Notices
from digest.store.requests import Requests
from digest.store.senders import SenderLock
from digest.store.sightings import Sightings
from digest.store.subscribers import Subscribers
from digest.subscriptions.addresses import mailbox

POLLED_WITHIN = 30.0  # seconds in which feeds may answer before an edition is made of what is known
LETTERS_KEPT = 128  # letters that are held ready while sending; the others are made again when their turn comes
Hung = tuple[Covers, tuple[Problem, ...]]


def clock(start: datetime | None = None) -> Callable[[], datetime]:
    """The time in UTC: the real one, or one that began at ``start`` and goes on from there."""
    offset = (start - datetime.now(UTC)) if start else timedelta()
    return lambda: datetime.now(UTC) + offset


class App:
    """The parts, made when they are first needed: reading articles takes no key, and a preview no mail server.

    ``read_only``: nothing is written, a database that is not there is an empty one in memory. ``busy_timeout``: seconds a
    writer waits for another one. ``along`` is done in the transaction that freezes an edition.
    """

    def __init__(
        self,
        config: Config,
        now: Callable[[], datetime],
        *,
        read_only: bool = False,
        busy_timeout: float = BUSY_TIMEOUT,
        along: Along | None = None,
    ) -> None:
        self.config = config
        self.now = now
        self._read_only = read_only
        self._busy_timeout = busy_timeout
        self._along = along
        self._outlets: dict[str, Outlet] = {}  # what runs that send at the same time share
        self._digests = {name: meaning.digest(name, config) for name in config.digests}

    # --- what is configured

    @property
    def digests(self) -> tuple[str, ...]:
        return tuple(self._digests)

    def digest(self, name: str | None = None) -> Digest:
        """The digest of that name, or the only one. Raises UsageError, which names those there are."""
        known = ", ".join(self._digests)
        if name is None and len(self._digests) > 1:
            raise UsageError(f"there are several digests: {known}", hint="name one with --digest")
        found = self._digests.get(name or next(iter(self._digests)))
        if found is None:
            raise UsageError(f"there is no digest {name!r}", hint=f"digest.toml has: {known}")
        return found

    def period(self, digest: Digest, text: str | None) -> Period:
        """The period of that name, or the last complete one."""
        return parse(text, digest.cadence) if text else last_complete(digest.cadence, self.now())

    def edition(self, name: str) -> EditionRecord:
        """A frozen edition by ``12``, ``2025-W40`` or ``weekly/2025-W40``. Raises UsageError."""
        digest, _, period = name.partition("/")  # a period may hold a slash of its own: START/END
        named, period = (self.digest(digest), period) if digest in self._digests else (self.digest(), name)
        if found := self.editions.find(named.name, period):
            return found
        raise UsageError(f"there is no edition {name!r} of {named.name}", hint="`digest editions list` shows them all")

    def require_postal_address(self) -> None:
        """Raises ConfigError without one: the laws on commercial mail demand it in every message."""
        if not self.config.site.postal_address:
            raise ConfigError(
                "site.postal_address: missing, and no mail may leave without one",
                hint="write the address where post reaches you into digest.toml",
            )

    # --- parts

    @cached_property
    def sources(self) -> tuple[Source, ...]:
        index = Sightings(lambda: self.database, writes=not self._read_only)
        return meaning.sources(self.config, index, lambda: self.feeds, self.now)

    @cached_property
    def feeds(self) -> Feeds:
        return Feeds(self.database, writes=not self._read_only, keep=self.config.feeds.keep)

    @cached_property
    def poller(self) -> Poller:
        return meaning.poller(self.config, self.feeds, self.now)

    def poll(self, told: Told = nobody_is_told, *, within: float = inf) -> tuple[Problem, ...]:
        """Asks the feeds that are due for what is new, for so many seconds at most; says what is wrong with any of them."""
        urls = [source.feed for source in self.config.sources if source.feed]
        self.feeds.forget(self.now(), but=urls)
        return self.poller.poll(urls, told, within=within)

    @cached_property
    def database(self) -> Database:
        url = self.config.database.url
        return to_look_at(url) if self._read_only else Database(url, busy_timeout=self._busy_timeout)

    @cached_property
    def editions(self) -> Editions:
        return Editions(self.database, self._along)

    @cached_property
    def deliveries(self) -> Deliveries:
        return Deliveries(self.database)

    @cached_property
    def alarms(self) -> Alarms:
        return Alarms(self.database)

    @cached_property
    def heartbeat(self) -> Heartbeat:
        return Heartbeat(self.database)

    @cached_property
    def publications(self) -> Publications:
        return Publications(self.database)

    @cached_property
    def subscribers(self) -> Subscribers:
        return Subscribers(self.database)

    @cached_property
    def requests(self) -> Requests:
        return Requests(self.database)

    @cached_property
    def notices(self) -> Notices:
        return Notices(self.database)

    @cached_property
    def bounces(self) -> Recorder:
        """Where notices go, from mailboxes and from providers."""
        return Recorder(self.notices, meaning.score(self.config), lambda text: mailbox(text).key)

    @cached_property
    def look(self) -> Look:
        return meaning.look(self.config, self.logo)

    @cached_property
    def pages(self) -> Pages:
        """The public pages, in all languages that readers may choose."""
        return Pages(self.look, self.config.site.languages, self.config.templates.folder)

    @cached_property
    def notes(self) -> Notes:
        """The letters that readers wait for, in the same languages; the logo travels inside of them."""
        covers, _ = meaning.gallery(self.config, Mode.EMBED).hang([("look.logo", self.logo)] if self.logo else ())
        return Notes(self.look, self.config.site.languages, self.config.templates.folder, covers)

    @cached_property
    def renderer(self) -> Renderer:
        return Renderer(self.look, self.config.templates.folder, self.config.site.languages)

    @cached_property
    def logo(self) -> Image | None:
        """The picture in place of the site's name. Raises ConfigError for one that is not there."""
        written, site = self.config.look.logo, self.config.site
        folder = self.config.folder
        try:
            found = Shelf(folder, folder, site.static, site.url, site.url).find(written) if written else None
        except CoverError as error:
            raise ConfigError(f"look.logo: {error}", hint="name a file of the site, or an https address") from error
        return found

    @cached_property
    def galleries(self) -> dict[str, Gallery]:
        """What makes the images of each digest fit for mail."""
        return {name: meaning.gallery(self.config, Mode(table.images)) for name, table in self.config.digests.items()}

    @cached_property
    def signer(self) -> Signer:
        return Signer(self.config.secret_keys())

    @cached_property
    def dkim_keys(self) -> tuple[dkim.Key, ...]:
        """The keys that sign every message. Raises ConfigError."""
        return tuple(meaning.dkim_key(table) for table in self.config.dkim)

    @cached_property
    def reporters(self) -> dict[str, Reader]:
        """The providers that may report over HTTP, by name. Raises ConfigError for a key that is none."""
        return meaning.reporters(self.config, self.delivery_of, self._binds)

    def delivery_of(self, token: str) -> int:
        """The delivery of a return path. Key and database are not read before somebody asks. Raises LinkError."""
        return self.signer.read_return_token(token, self.notices.edition_of)

    def _binds(self, proof: str, report: str, until: datetime, now: datetime) -> bool:
        return self.notices.binds(proof, report, until, now)

    def returned(self, data: bytes) -> tuple[Notice, ...]:
        """What one mail that came back tells."""
        return read_notices(data, self.signer, self.delivery_of)

    @cached_property
    def transports(self) -> tuple[SmtpTransport, ...]:
        """A way to each mail server."""
        return tuple(SmtpTransport(server) for server in meaning.servers(self.config))

    # --- what they do together

    def prepare(
        self, digest: Digest, period: Period, told: Told = nobody_is_told, *, everything: bool = False
    ) -> Prepared:
        """The edition as it would be frozen now; nothing is changed. ``everything`` has a verdict on all articles."""
        history, gathered = self.gather(digest, period, told, everything=everything)
        candidates = Candidates(gathered.articles, history.placed, self.now(), digest.rules.zone)
        edited = self.edited(digest, period, candidates)
        composition = draft(digest, edited.articles, history, period, self.now(), curation=edited.curation)
        named = [(article.path or article.key, article.image) for article in composition.edition.articles]
        images = [("look.logo", self.logo), *named]
        covers, unusable = self.covers(digest, tuple((where, image) for where, image in images if image))
        unpublished = self.galleries[digest.name].unpublished()
        foreign = lost(otherwise_good(composition.verdicts), meaning.languages(self.config), digest.name)
        problems = (*gathered.problems, *unusable, *foreign)
        return Prepared(composition, covers, problems, unpublished, edited.curation)

    def gather(
        self, digest: Digest, period: Period, told: Told = nobody_is_told, *, everything: bool = False
    ) -> tuple[History, Gathered]:
        """What there is for a period's edition, or with ``everything`` at all."""
        sick = self.poll(told, within=POLLED_WITHIN)
        history = self.editions.history(digest.name, of=period)
        found = gather(self.sources, None if everything else window(digest, history, period), told)
        return history, replace(found, problems=(*sick, *found.problems))

    def edited(self, digest: Digest, period: Period, candidates: Candidates) -> Edited:
        """What the edition's file makes of it, unless it is frozen: then that is what counts. What the file names is
        looked for among all articles that there are. Raises EditingError.
        """
        if self.editions.find(digest.name, period.name):
            return Edited(tuple(candidates.articles))
        file = meaning.place(self.config, digest.name, period.name)
        if named := unknown(file, candidates):
            candidates = candidates.joined(gather(self.sources).articles, named)
        return read(file, candidates)

    def covers(self, digest: Digest, images: tuple[tuple[str, Image], ...]) -> Hung:
        """Images, each with where it stands, made fit for mail, and what is wrong with them."""
        return self.galleries[digest.name].hang(images)

    def freeze(self, digest: Digest, prepared: Prepared) -> EditionRecord:
        """Freezes it, unless somebody else was quicker: then theirs is the edition. Raises TryLaterError, RenderError."""
        self.require_postal_address()
        require_approval(digest, prepared.composition.edition.period, prepared.curation, self.editions)
        if prepared.composition.enough:
            self.galleries[digest.name].publish()
        return freeze(
            digest,
            prepared.composition,
            curation=prepared.curation,
            editions=self.editions,
            renderer=self.renderer,
            covers=prepared.covers,
            message_key=self.signer.message_key(prepared.composition.edition.name),
            now=self.now(),
        )

    def letter(self, digest: Digest, edition: str, rendition: Rendition) -> Letter:
        """A letter as it would be frozen now."""
        return letter(
            rendition,
            digest.sender,
            edition=edition,
            message_key=self.signer.message_key(edition),
            date=self.now(),
            keys=self.dkim_keys,
        )

    def frozen_letter(self, record: EditionRecord, rendition: Rendition) -> Letter:
        """A letter made of what was frozen, and of nothing else but the keys that sign it."""
        return letter(
            rendition,
            record.sender,
            edition=record.name,
            message_key=record.message_key,
            date=record.frozen,
            keys=self.dkim_keys,
        )

    def message(
        self, of: Letter, *, address: str, name: str = "", subscriber: int = 0, return_token: str = ""
    ) -> Message:
        """One reader's message; what comes back has the ``return_token`` in its address, if there is one."""
        links = self.signer.for_reader(of.sender, of.edition, subscriber, address)
        return message(of, address=address, name=name, subscriber=subscriber, links=links, return_token=return_token)

    async def deliver(
        self, record: EditionRecord, watch: Watch, stop: asyncio.Event, part: Part = WHOLE
    ) -> datetime | None:
        """Hands over what is due of a frozen edition; returns when to go on if limits ended it. Raises TransportError, StoreError."""
        with SenderLock(self.database) as sender:
            return await send(
                record.id,
                self._writer(record),
                ledger=Ledger(self.database, sender, self.bounces.take),
                relays=meaning.relays(self.config, self.transports),
                pace=meaning.pace(self.config, part),
                clock=Clock(self.now, asyncio.sleep, random.random),
                watch=watch,
                stop=stop,
                shared=self._outlets,
                allowances=Allowances(self.database) if self.database.server else None,
            )

    def _writer(self, record: EditionRecord) -> Callable[[Delivery], Message]:
        """Makes the messages of a frozen edition from what was frozen, and from nothing else."""
        renditions, tagged = self.editions.renditions(record.id), self.signer.return_token

        @lru_cache(LETTERS_KEPT)
        def ready(rendition: int) -> Letter:
            return self.frozen_letter(record, renditions[rendition])

        def write(delivery: Delivery) -> Message:
            return self.message(
                ready(delivery.rendition),
                address=delivery.address,
                name=delivery.name,
                subscriber=delivery.subscriber,
                return_token=tagged(delivery.id, record.name, record.frozen) if record.sender.bounces else "",
            )

        return write
