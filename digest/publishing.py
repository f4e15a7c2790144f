"""Publishing: gather the articles, compose the edition, render it for each selection, freeze all of it at once.

    sources ──▶ gather ──▶ draft (compose) ──▶ covers made fit ──▶ render_all ──▶ freeze
                  │           │                     │                               └── one transaction: from here on
               problems    verdicts: why in or out  problems                            the ledger decides

``preview`` walks the same way and stops before the last step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from digest.compose import MEMORY, Composition, Rules, Verdict, apart, compose
from digest.errors import StoreError, TryLaterError
from digest.model import (
    Article,
    Audience,
    Covers,
    Curation,
    Edition,
    EditionRecord,
    History,
    Period,
    Problem,
    Rendition,
    Selection,
    Sender,
    Variant,
)
from digest.period import Cadence, Hours, Missed, hours, last_complete, reach
from digest.pictures.printing import Print
from digest.refrains import for_mail

EXCERPT_LENGTH = 240  # characters in a mail
FREEZE_TRIES = 3  # a reader may choose a new selection between rendering and freezing; hardly three times


Told = Callable[[int, int], None]  # how many of how many were read


def nobody_is_told(_done: int, _total: int) -> None:
    return


class Source(Protocol):
    """A place where articles come from."""

    def read(self, window: Period | None, told: Told) -> Iterator[Article | Problem]:
        """What was published or first met in the window, or with None all there is."""
        ...


class Renderer(Protocol):
    """How an edition becomes a mail."""

    def render(
        self, edition: Edition, selection: Selection = ..., covers: Covers = ..., language: str = ...
    ) -> Rendition: ...


class Editions(Protocol):
    """Where editions are frozen and found again."""

    def history(self, digest: str, *, of: Period | None = ...) -> History: ...

    def begin(self, digest: str, start: datetime) -> None: ...

    def variants(self, audience: Audience) -> tuple[Variant, ...]: ...

    def find(self, digest: str, name: str) -> EditionRecord | None: ...

    def freeze(
        self,
        edition: Edition,
        made: Sequence[Rendition],
        *,
        considered: Sequence[tuple[Article, bool]],
        sender: Sender,
        message_key: str,
        now: datetime,
        hours: Hours | None,
        languages: tuple[str, ...],
    ) -> EditionRecord | None: ...


@dataclass(frozen=True, slots=True)
class Digest:
    """A series of editions with a cadence and rules; readers may choose one of ``languages``, the first is the site's."""

    name: str
    title: str
    cadence: Cadence
    rules: Rules
    sender: Sender
    grace: timedelta
    intro: str = ""
    missed: Missed = Missed.SEND
    latest: timedelta = timedelta(days=2)
    languages: tuple[str, ...] = ()
    approve: bool = False
    editor: str = ""

    def audience(self, number: int, at: datetime) -> Audience:
        """Who gets the edition of that number, if it is frozen then."""
        return Audience(self.name, number, at, self.languages)


@dataclass(frozen=True, slots=True)
class Gathered:
    """What the sources held."""

    articles: tuple[Article, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Prepared:
    """An edition before the freeze line: composed, its covers made, with everything that was wrong on the way.

    ``unpublished`` are the pictures that its mails will load from the site once it is frozen, by their addresses;
    ``curation`` is what its file decides, if there is one.
    """

    composition: Composition
    covers: Covers
    problems: tuple[Problem, ...]
    unpublished: dict[str, Print]
    curation: Curation | None = None


def read(sources: Iterable[Source], window: Period | None = None, told: Told = nobody_is_told) -> Gathered:
    """Reads every source; a bad article becomes a Problem. Excerpts are as they were found."""
    articles: list[Article] = []
    problems: list[Problem] = []
    for source in sources:
        for found in source.read(window, told):
            (articles if isinstance(found, Article) else problems).append(found)  # type: ignore[arg-type]
    return Gathered(tuple(articles), tuple(problems))


def gather(sources: Iterable[Source], window: Period | None = None, told: Told = nobody_is_told) -> Gathered:
    """What the sources held, with excerpts as a mail shows them."""
    found = read(sources, window, told)
    return Gathered(for_mail(apart(found.articles), EXCERPT_LENGTH), found.problems)


def since(digest: Digest, history: History, period: Period) -> datetime:
    """From when on the articles of a period's edition may be dated."""
    if last_complete(digest.cadence, period.end) != period:  # such a window holds what it says, and nothing before
        return period.start
    return reach(
        period,
        first_start=history.first_start,
        previous_end=history.previous_end,
        grace=digest.grace,
        zone=digest.cadence.zone,
    )


def window(digest: Digest, history: History, period: Period) -> Period:
    """What has to be read for a period's edition: its own articles, and those before it that they may repeat."""
    return Period(since(digest, history, period) - MEMORY, period.end, period.name)


def draft(
    digest: Digest,
    articles: Iterable[Article],
    history: History,
    period: Period,
    now: datetime,
    *,
    curation: Curation | None = None,
) -> Composition:
    """The edition of a period as it would be frozen now, with a verdict on each article."""
    return compose(
        articles,
        digest=digest.name,
        title=digest.title,
        number=history.number + 1,
        period=period,
        since=since(digest, history, period),
        placed=history.placed,
        told=history.told,
        rules=digest.rules,
        now=now,
        intro=digest.intro,
        curation=curation,
    )


def as_frozen(verdicts: Iterable[Verdict], edition: str, recorded: Mapping[str, bool]) -> tuple[Verdict, ...]:
    """The verdicts as the ledger has them: ``recorded`` says of an article's key or path whether it was included."""

    def told(verdict: Verdict) -> Verdict:
        article = verdict.article
        included = recorded.get(article.path, recorded.get(article.key))
        if included is None:
            late = "came after this edition was made"
            return replace(verdict, included=False, edition="", reason=late) if verdict.considered else verdict
        reason = verdict.reason if included is verdict.included else ("sent" if included else "not sent")
        return replace(verdict, included=included, edition=edition, reason=reason)

    return tuple(map(told, verdicts))


def render_all(
    edition: Edition, variants: Iterable[Variant], renderer: Renderer, covers: Covers
) -> tuple[Rendition, ...]:
    """One rendition for each variant that finds something in this edition; the whole edition is always among them."""
    wanted = dict.fromkeys((Variant(), *variants))
    return tuple(
        renderer.render(edition, variant.selection, covers, variant.language)
        for variant in wanted
        if edition.only(variant.selection).sections
    )


def require_approval(digest: Digest, period: Period, curation: Curation | None, editions: Editions) -> None:
    """Raises TryLaterError for an edition that has to be approved, and is not: its articles wait for the next one."""
    if digest.approve and not (curation and curation.approved):
        editions.begin(digest.name, period.start)
        file = curation.file if curation else f"`digest edit --digest {digest.name} --period {period.name}`"
        hint = f"write approved: true at the top of {file}" if curation else f"{file} writes the file to approve"
        raise TryLaterError(f"{digest.name}/{period.name} waits for approval", hint=hint)


def freeze(
    digest: Digest,
    composition: Composition,
    *,
    curation: Curation | None = None,
    editions: Editions,
    renderer: Renderer,
    covers: Covers,
    message_key: str,
    now: datetime,
) -> EditionRecord:
    """Freezes a composed edition; if somebody else was quicker, theirs is the edition.

    Raises TryLaterError when it waits for approval, when there are not enough articles or nobody would get it, StoreError
    (busy) when readers keep choosing new selections meanwhile.
    """
    edition = composition.edition
    require_approval(digest, edition.period, curation, editions)
    if not composition.enough:
        editions.begin(digest.name, edition.period.start)
        raise TryLaterError(
            f"{edition.name}: {len(edition.articles)} articles, and an edition needs {digest.rules.minimum}; they wait for the next",
            hint="`digest articles` says why each one is in or out; `minimum` is in digest.toml",
        )
    for _ in range(FREEZE_TRIES):
        if not (variants := editions.variants(digest.audience(edition.number, now))):
            raise TryLaterError(
                f"{edition.name}: nobody is subscribed to {digest.name}",
                hint="`digest subscribers import FILE` or `digest subscribers add ADDRESS` puts people on the list",
            )
        record = editions.freeze(
            edition,
            render_all(edition, variants, renderer, covers),
            considered=[(v.article, v.included) for v in composition.verdicts if v.considered],
            sender=digest.sender,
            message_key=message_key,
            now=now,
            hours=hours(digest.cadence, edition.period, now),
            languages=digest.languages,
        )
        if record := record or editions.find(digest.name, edition.period.name):
            return record
        if editions.history(digest.name).number >= edition.number:
            raise StoreError(
                f"{edition.name}: another edition was frozen meanwhile, and may hold some of its articles",
                hint="try again: it is composed anew",
                busy=True,
            )
    raise StoreError(
        f"{edition.name}: readers are changing their choices right now", hint="try again in a moment", busy=True
    )


def as_test(rendition: Rendition) -> Rendition:
    """The same mail, marked for the eyes of its makers."""
    return replace(rendition, subject=f"[Test] {rendition.subject}")
