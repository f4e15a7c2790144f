"""What lies on the desk before an edition leaves: the mail as one reader would get it, and why each article is in or out.

``digest preview``, its live page, ``digest articles`` and the checks all look at the same thing, made here. Nothing is
changed: a frozen edition is shown as it was frozen, any other as it would be frozen now.
"""

from __future__ import annotations

import base64
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from types import MappingProxyType

from digest.app import App
from digest.compose import Composition, Verdict
from digest.config import meaning
from digest.editing import Candidates, Edited, addition, propose
from digest.errors import ConfigError, UsageError
from digest.message import Letter
from digest.model import (
    Address,
    Article,
    Audience,
    Edition,
    EditionRecord,
    Message,
    Period,
    Problem,
    Rendition,
    Reply,
    Selection,
    Stage,
    Subscriber,
)
from digest.pictures.printing import Print
from digest.publishing import Digest, Prepared, Told, as_frozen, as_test, draft, nobody_is_told
from digest.sending import unrecorded
from digest.sources.pages import linkless
from digest.subscriptions.addresses import mailbox

WHOLE = Selection()
ALL_PUBLISHED: Mapping[str, Print] = MappingProxyType({})
SAMPLE_READER = Subscriber(id=0, address="reader@example.org")


@dataclass(frozen=True, slots=True)
class Preview:
    """The mail of ``edition`` (``weekly/2025-W40``) as one reader gets it, to the byte but for the date.

    ``frozen`` is the moment it was frozen, None while it can still change; then ``problems`` are those of its making,
    and ``enough`` is false if it holds too few articles to be sent. ``trimmed`` names the articles for which there was no
    room: by their titles, or by their keys where an edition is frozen. ``unpublished`` are pictures that will be on the
    site once it is frozen, by their addresses; ``awaited`` are those of the site's folder that mails load from the site,
    and that are seen once it is there.
    """

    edition: str
    message: Message
    rendition: Rendition
    frozen: datetime | None = None
    problems: tuple[Problem, ...] = ()
    enough: bool = True
    trimmed: tuple[str, ...] = ()
    unpublished: Mapping[str, Print] = field(default_factory=dict)
    awaited: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why each article is in or out. ``record`` is the frozen edition, if there is one.

    ``trimmed`` holds the keys of articles for which the mail of the whole edition has no room.
    """

    prepared: Prepared
    record: EditionRecord | None
    verdicts: tuple[Verdict, ...]
    trimmed: frozenset[str]


@dataclass(frozen=True, slots=True)
class Group:
    """Articles with something in common: a section, or a kind of reason. ``more`` counts what a section had no place for."""

    name: str
    verdicts: tuple[Verdict, ...]
    more: int = 0


def preview(
    app: App, digest: Digest, period: Period, reader: Subscriber = SAMPLE_READER, told: Told = nobody_is_told
) -> Preview:
    """The mail that this reader gets. Raises UsageError when there is none for them, RenderError, SourceError."""
    record = app.editions.find(digest.name, period.name)
    return _frozen(app, record, reader) if record else drafted(app, digest, app.prepare(digest, period, told), reader)


def drafted(app: App, digest: Digest, prepared: Prepared, reader: Subscriber = SAMPLE_READER) -> Preview:
    """The mail of a prepared edition as it would be frozen now. Raises UsageError, RenderError."""
    edition = prepared.composition.edition
    _require_sections(edition, reader)
    variant = digest.audience(edition.number, app.now()).variant(reader)
    rendition = app.renderer.render(edition, variant.selection, prepared.covers, variant.language)
    letter = app.letter(digest, edition.name, rendition)
    titles = {article.key: article.title for article in edition.articles}
    return Preview(
        edition=edition.name,
        message=app.message(letter, address=reader.address, name=reader.name, subscriber=reader.id),
        rendition=rendition,
        problems=(*prepared.problems, *linkless(edition.articles), *_unsendable(app)),
        enough=prepared.composition.enough,
        trimmed=tuple(titles[key] for key in rendition.trimmed),
        unpublished=prepared.unpublished,
        awaited=_awaited(prepared),
    )


def _awaited(prepared: Prepared) -> tuple[str, ...]:
    images = (article.image for article in prepared.composition.edition.articles)
    own = dict.fromkeys(image for image in images if image and image.file)
    covers = ((image.url, prepared.covers.get(image)) for image in own)
    return tuple(url for url, cover in covers if cover and cover.small.src == url)


def explain(
    app: App, digest: Digest, period: Period, told: Told = nobody_is_told, *, everything: bool = False
) -> Explanation:
    """The articles of a period with their verdicts, with ``everything`` all there are; those of a frozen edition as the
    ledger has them. Raises RenderError, SourceError.
    """
    prepared = app.prepare(digest, period, told, everything=everything)
    composition = prepared.composition
    if record := app.editions.find(digest.name, period.name):
        verdicts = as_frozen(composition.verdicts, record.name, app.editions.recorded(record.id))
        return Explanation(prepared, record, verdicts, frozenset(_rendition(app, record, SAMPLE_READER).trimmed))
    trimmed: frozenset[str] = frozenset()
    if composition.edition.sections:
        whole = app.renderer.render(composition.edition, covers=prepared.covers)
        trimmed = frozenset(whole.trimmed)
    return Explanation(prepared, None, composition.verdicts, trimmed)


def shown(explanation: Explanation, *, everything: bool = False) -> tuple[Verdict, ...]:
    """The verdicts on what was published or first met in the period, or with ``everything`` on all there is."""
    period = explanation.prepared.composition.edition.period

    def concerns(article: Article) -> bool:
        return article.published in period or bool(article.seen and article.seen in period)

    return tuple(v for v in explanation.verdicts if everything or v.included or concerns(v.article))


def inside(explanation: Explanation) -> tuple[Group, ...]:
    """The articles of the edition, section by section."""
    sections = explanation.prepared.composition.edition.sections
    more = {} if explanation.record else {section.category: section.more for section in sections}
    members = _grouped((v for v in explanation.verdicts if v.included), lambda v: v.section or v.article.category)
    return tuple(Group(name, verdicts, more.get(name, 0)) for name, verdicts in members.items())


def outside(explanation: Explanation, *, everything: bool = False) -> tuple[Group, ...]:
    """What is ``shown`` and not in the edition, by the kind of reason, the largest group first."""
    out = _grouped((v for v in shown(explanation, everything=everything) if not v.included), _kind)
    ordered = sorted(out.items(), key=lambda group: (-len(group[1]), group[0]))
    return tuple(Group(name, verdicts) for name, verdicts in ordered)


def subscribed(app: App, address: str) -> Subscriber:
    """The subscriber with this address. Raises UsageError, AddressError."""
    if found := app.subscribers.find(mailbox(address).key):
        return found
    raise UsageError(f"{address} is not a subscriber", hint="`digest subscribers list` shows who is")


def choosing(selection: Selection) -> Subscriber:
    """A reader who has chosen these categories and is nobody else."""
    return Subscriber(id=SAMPLE_READER.id, address=SAMPLE_READER.address, selection=selection)


# --- an edition's file ------------------------------------------------------------------------------------------------


class Manuscript:
    """An edition that is edited: the articles that there are for it, and what its file makes of them."""

    def __init__(self, app: App, digest: Digest, period: Period, told: Told = nobody_is_told) -> None:
        self._app, self._digest, self._period = app, digest, period
        self._history, gathered = app.gather(digest, period, told)
        self._candidates = Candidates(gathered.articles, self._history.placed, app.now(), digest.rules.zone)
        self.problems = gathered.problems
        self.file = meaning.place(app.config, digest.name, period.name)

    def edited(self) -> Edited:
        """As the file is at this moment. Raises EditingError."""
        return self._app.edited(self._digest, self._period, self._candidates)

    def edition(self, edited: Edited) -> Edition:
        """What it comes to."""
        return self._composed(edited).edition

    def new(self, edited: Edited) -> tuple[Verdict, ...]:
        """What an editor may choose from, and does not know of yet."""
        return edited.new(self._candidates.proposed(self._composed()))

    def text(self, edited: Edited) -> str:
        """What is to be written below the file's words, or where there is no file as all of them; "" for nothing."""
        new, zone = self.new(edited), self._digest.cadence.zone
        if not new:
            return ""
        if edited.curation:
            return addition(new, zone, self._candidates.now)
        return propose(self._composed().edition, new, zone)

    def _composed(self, edited: Edited | None = None) -> Composition:
        """As the file has it, or as the rules do."""
        articles, curation = (edited.articles, edited.curation) if edited else (self._candidates.articles, None)
        return draft(self._digest, articles, self._history, self._period, self._candidates.now, curation=curation)


# --- the parts of a mail ---------------------------------------------------------------------------------------------


def part(message: Message, kind: str) -> str:
    """The ``html`` or ``plain`` part, as a mail program decodes it."""
    found = message_from_bytes(message.data, _class=EmailMessage, policy=SMTP).get_body((kind,))
    content: str = found.get_content() if found else ""
    return content


def page(message: Message, unpublished: Mapping[str, Print] = ALL_PUBLISHED) -> str:
    """The HTML part for a browser, with pictures as data that it would not find: those that travel inside the mail (it
    knows no Content-IDs), and those that are not on the site yet.
    """
    html = part(message, "html")
    for piece in message_from_bytes(message.data).walk():
        if cid := piece.get("Content-ID"):
            data: bytes = piece.get_payload(decode=True)  # type: ignore[assignment] # decoded, a leaf part is bytes
            html = html.replace(f"cid:{cid.strip('<> ')}", _as_data(piece.get_content_type(), data))
    for address, picture in unpublished.items():
        html = html.replace(f'"{address}"', f'"{_as_data(picture.media_type, picture.data)}"')
    return html


def _as_data(media_type: str, data: bytes) -> str:
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


# --- trials ----------------------------------------------------------------------------------------------------------


def trial_letter(app: App, digest: Digest, prepared: Prepared, selection: Selection = WHOLE) -> Letter:
    """The mail of a prepared edition, marked ``[Test]``. Raises RenderError."""
    edition = prepared.composition.edition
    return app.letter(digest, edition.name, as_test(app.renderer.render(edition, selection, prepared.covers)))


def frozen_trial_letter(app: App, record: EditionRecord, selection: Selection = WHOLE) -> Letter:
    """The mail that was frozen, marked ``[Test]``. Raises UsageError when none was, for this selection."""
    return app.frozen_letter(record, as_test(_rendition(app, record, choosing(selection))))


def trials(app: App, whole: Letter, addresses: Sequence[str]) -> tuple[Message, ...]:
    """A letter for each of these addresses. Raises ConfigError without a postal address, and AddressError.

    Each has a Message-ID of its own: a mailbox that drops repeats must show the second try of a template too.
    """
    app.require_postal_address()
    return tuple(
        app.message(replace(whole, message_key=f"{whole.message_key}|{address}|{app.now()}"), address=address)
        for address in (str(Address.parse(address)) for address in addresses)
    )


async def hand_over(app: App, messages: Sequence[Message], told: Callable[[Message, Reply], None]) -> None:
    """Gives messages to a mail server and nothing to the ledger; ``told`` hears each answer. Raises TransportError."""
    await unrecorded.hand_over(app.transports, messages, told)


def accepted(reply: Reply) -> bool:
    """Whether the server took the message (RFC 5321, 4.2.1)."""
    return reply.stage is Stage.FINAL and reply.code // 100 == 2  # noqa: PLR2004 - 2yz, as the RFC has it


# --- behind all of it ------------------------------------------------------------------------------------------------

_KINDS = {
    "same story as ": "same story as another",
    "dated in the future ": "dated in the future",
    r"published \S+, first seen ": "came later than `grace` allows",
    "published ": "of another period",
    "expired on ": "expired",
    "in another language ": "in another language",
    "had its turn ": "had its turn in another edition",
}


def _kind(verdict: Verdict) -> str:
    """The reason without what differs from article to article."""
    return next((kind for start, kind in _KINDS.items() if re.match(start, verdict.reason)), verdict.reason)


def _grouped(verdicts: Iterable[Verdict], by: Callable[[Verdict], str]) -> dict[str, tuple[Verdict, ...]]:
    groups: defaultdict[str, list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        groups[by(verdict)].append(verdict)
    return {name: tuple(members) for name, members in groups.items()}


def _frozen(app: App, record: EditionRecord, reader: Subscriber) -> Preview:
    rendition = _rendition(app, record, reader)
    letter = app.frozen_letter(record, rendition)
    message = app.message(letter, address=reader.address, name=reader.name, subscriber=reader.id)
    return Preview(record.name, message, rendition, frozen=record.frozen, trimmed=rendition.trimmed)


def _rendition(app: App, record: EditionRecord, reader: Subscriber) -> Rendition:
    """What was frozen for this reader's choices. Raises UsageError."""
    frozen = {rendition.variant: rendition for rendition in app.editions.renditions(record.id).values()}
    languages = (app.config.site.language, *sorted({variant.language for variant in frozen} - {""}))
    wanted = Audience(record.digest, record.number, record.frozen, languages).variant(reader)
    if found := frozen.get(wanted):
        return found
    raise UsageError(
        f"{record.name} was frozen, and not for the categories {reader.selection}",
        hint="without --for and --categories, the whole edition is shown",
    )


def _unsendable(app: App) -> Iterator[Problem]:
    """What would keep any mail from leaving, and is seen in none."""
    try:
        app.require_postal_address()
    except ConfigError as error:
        yield Problem("digest.toml", error.message, error.hint)


def _require_sections(edition: Edition, reader: Subscriber) -> None:
    if not edition.sections:
        raise UsageError(
            f"{edition.name}: there are no articles for it",
            hint="`digest articles` says why; `--period` names another period",
        )
    if not edition.only(reader.selection).sections:
        there = ", ".join(section.category for section in edition.sections)
        raise UsageError(
            f"{edition.name}: nothing in the categories {reader.selection}", hint=f"this edition has: {there}"
        )
