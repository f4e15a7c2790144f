"""``digest feeds``: the feeds that articles come from, how they are, and asking them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import chain
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from digest.cli.findings import Finding
from digest.cli.opml import export, import_
from digest.cli.session import Session, counted, pass_session
from digest.errors import TryLaterError, UsageError
from digest.identity import keyless

if TYPE_CHECKING:
    from digest.app import App
    from digest.model import FeedState

LATELY = timedelta(days=30)


@click.group(short_help="Feeds that articles come from: how they are, and asking them.")
def feeds() -> None:
    """Feeds that articles come from: how they are, and asking them."""


@feeds.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@pass_session
def list_(session: Session, *, as_json: bool) -> None:
    """Every feed of digest.toml, as it was when it was last asked."""
    app = session.app(read_only=True)
    for url, name in _configured(app).items():
        state = app.feeds.state(url)
        lately = _lately(app, url)
        if as_json:
            session.json(_facts(state, name, lately))
        else:
            for line in _told(state, name, lately):
                session.out(line)


@feeds.command()
@click.argument("urls", nargs=-1, metavar="[URL]...")
@click.option("--all", "everything", is_flag=True, help="Also those that are not due yet.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@pass_session
def fetch(session: Session, urls: tuple[str, ...], *, everything: bool, as_json: bool) -> None:
    """Ask each URL, else every feed that is due, for what is new. For cron; `digest run` does it by itself."""
    app = session.app()
    known = _configured(app)
    named = [_named(url, known) for url in urls]
    wanted, begun = tuple(dict.fromkeys(chain(*named))) or tuple(known), app.now()
    before = {url: app.feeds.state(url).asked for url in wanted}
    with session.gauge("asking") as gauge:
        problems = app.poller.poll(wanted, gauge.reach, everything=everything or bool(urls), even_gone=bool(urls))
    asked = [state for state in map(app.feeds.state, wanted) if state.asked != before[state.url]]
    for state in asked:
        met = [met for met in app.feeds.entries(state.url, begun, None) if met.seen >= begun]
        if as_json:
            session.json(
                {"url": keyless(state.url), "answered": not state.failures, "new": len(met), "fault": state.fault}
            )
        elif not state.failures:
            session.out(f"{state.title or known[state.url]}: {len(met):,} new")
    session.problems(problems)
    _sum_up(session, asked, known)


feeds.add_command(import_)
feeds.add_command(export)


def _named(word: str, known: dict[str, str]) -> tuple[str, ...]:
    """The feeds of this address, whole or as it is shown, or of this name. Raises UsageError where there is none."""
    found = tuple(url for url, name in known.items() if word in {url, keyless(url), name})
    if not found:
        raise UsageError(f"{keyless(word)} is no feed of digest.toml", hint="`digest feeds list` shows them")
    return found


def _sum_up(session: Session, asked: Sequence[FeedState], known: dict[str, str]) -> None:
    """Raises TryLaterError when feeds were asked and none of them has answered."""
    if not known:
        session.note("there are no feeds in digest.toml")
    elif not asked:
        session.note("no feed is due; --all asks all but those that asked to be left alone")
    elif all(state.failures for state in asked):
        raise TryLaterError(f"of {counted(len(asked), 'feed')} none has answered", hint=_why_none(asked))


def _why_none(asked: Sequence[FeedState]) -> str:
    """What may help where no feed has answered."""
    from digest.sources.feeds.patience import is_refused

    if all(map(is_refused, asked)):
        return "set feeds.allow_private if they are feeds of your own house: they lie on a private network"
    return "is this machine online?"


def finding(app: App) -> Finding:
    """How the feeds are, for `digest check`. A warning at most: no edition waits for a feed. Asks none of them."""
    from digest.sources.feeds.patience import problem

    names = _configured(app)
    states = [app.feeds.state(url) for url in names]
    sick = [found for state in states if (found := problem(state, names[state.url], app.now(), app.config.feeds.dead))]
    never = sum(not state.asked for state in states)
    parts = [
        counted(len(states), "feed"),
        f"{never} never asked" if never else "",
        f"{len(sick)} not well" if sick else "",
    ]
    hint = f"{sick[0]}" if sick else "`digest feeds fetch` asks them" if never else ""
    return Finding("feeds", well=not sick, said=", ".join(filter(None, parts)), hint=hint)


def _configured(app: App) -> dict[str, str]:
    """What each feed of digest.toml is called, by its address there."""
    return {source.feed: source.called for source in app.config.sources if source.feed}


def _lately(app: App, url: str) -> int:
    """How many entries of the last days it has had."""
    since, now = app.now() - LATELY, app.now()
    return sum(since <= (met.entry.published or met.seen) < now for met in app.feeds.entries(url, since, now))


def _facts(state: FeedState, name: str, lately: int) -> dict[str, Any]:
    return {
        "url": keyless(state.url),
        "name": name,
        "title": state.title,
        "address": keyless(state.address),
        "asked": state.asked,
        "answered": state.answered,
        "due": state.due,
        "entries": lately,
        "failures": state.failures,
        "fault": state.fault,
        "moved": state.address != state.url,
        "gone": state.gone,
    }


def _told(state: FeedState, name: str, lately: int) -> Iterator[str]:
    """What it is called and where it is, when it was and will be asked, and what somebody should do about it."""
    shown = keyless(state.url)
    yield f"{name if name != shown else state.title or name}  {shown}"
    if state.asked is None:
        yield "  never asked"
        return
    due = f"due {state.due:%Y-%m-%d %H:%M} UTC" if state.due else "not asked any more" if state.gone else "due now"
    answered = f"answered {state.answered:%Y-%m-%d %H:%M} UTC" if state.answered else "has never answered"
    yield f"  {answered}, {due}; {lately:,} new in the last {LATELY.days} days"
    if state.gone:
        yield f"  gone: {state.fault}; take it out of digest.toml"
    elif state.failures:
        yield f"  sick: {state.fault} ({counted(state.failures, 'time')} in a row)"
    elif state.fault:
        yield f"  read all the same: it {state.fault}"
    if state.address != state.url:
        yield f"  moved for good: write {_written(state)} into digest.toml"


def _written(state: FeedState) -> str:
    """Where it has moved to, without the query that digest.toml has already: it may be a key."""
    same = urlsplit(state.address).query == urlsplit(state.url).query != ""
    return f"{keyless(state.address)}?…" if same else state.address
