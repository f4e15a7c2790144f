"""Rendering editions beside those who only inline styles, and readers' messages beside ``email.message.EmailMessage``.

For single editions peers get a page that our templates have written already, and so have less to do than ours. Ours
keeps the HTML of a mail under 100,000 bytes, which drops articles from large editions: beside peers this limit is lifted.
"""

from __future__ import annotations

import argparse
import random
import statistics
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from html import unescape
from unittest import mock

from inliners import Inliner, inliners
from measuring import OURS, Way, compare, introduce, timed

from digest.links import Signer
from digest.look import Look
from digest.message import Letter, letter, message
from digest.model import Article, Edition, Image, Period, Rendition, Section, Selection, Sender
from digest.render import Renderer, fitting
from digest.render.inline import inlined, without_marks

START = datetime(2025, 12, 1, tzinfo=UTC)
WEEK = Period(START, START + timedelta(days=7), "2025-W49")
SENDER = Sender(
    name="Example Weekly",
    address="weekly@example.org",
    list_id="weekly.example.org",
    unsubscribe_to="unsubscribe@example.org",
    web="https://news.example.org",
)
LOOK = Look("Example", "https://example.org", postal_address="Example, 1 Sample Street", web=True)
SECTIONS = (
    *("Work", "Science", "Travel", "Home", "Culture", "Sport", "Cities"),
    *("Health", "Money", "Music", "Food", "Books", "Weather"),
)
NAME = f"weekly/{WEEK.name}"


def article(number: int) -> Article:
    return Article(
        key=f"example.net/{number}",
        title=f"What the harbour's night timetable changes for story {number}",
        published=START + timedelta(hours=number),
        url=f"https://example.org/posts/story-{number}",
        source=f"https://news.example.net/story-{number}",
        excerpt="Bookings doubled in two years, the council says, and the second ferry will not be there before spring. "
        "Readers ask why the timetable was printed first; an answer is promised for the next session.",
        author="Newsroom",
        image=Image(f"https://images.example.com/photo-{number}?w=400&h=200&fit=crop", width=400, height=200),
    )


def edition(cards: int) -> Edition:
    sections = tuple(
        Section(name.casefold(), name, tuple(article(number) for number in range(first, cards, len(SECTIONS))))
        for first, name in enumerate(SECTIONS)
    )
    return Edition("weekly", 49, "Example Weekly", WEEK, sections)


# --- editions ------------------------------------------------------------------------------------------------------


@contextmanager
def unlimited() -> Iterator[None]:
    with mock.patch.object(fitting, "HTML_MAXIMUM", 10**9):
        yield


def templates_alone() -> Renderer:
    """A renderer whose pages still have their styles in the head: what peers are given."""
    renderer = Renderer(LOOK)
    renderer._inliner.page = without_marks  # type: ignore[assignment, method-assign] # noqa: SLF001 - no setting leaves this out
    return renderer


def cold(of: Edition) -> Rendition:
    """As the first edition of a process: templates are compiled, no card is known."""
    return Renderer(LOOK).render(of)


def compare_editions(cards: int, runs: int) -> None:
    of = edition(cards)
    with unlimited():
        page = templates_alone().render(of).html
        warm = Renderer(LOOK)
        whole = unescape(inlined(page))
        assert unescape(warm.render(of).html) == whole, "cards put together are not the page inlined as a whole"
        ways = [
            Way(f"{OURS}, cold", cards, lambda: timed(lambda: cold(of))),
            Way(f"{OURS}, warm", cards, lambda: timed(lambda: warm.render(of))),
            *(Way(peer.name, cards, seconds(peer, [page])) for peer in inliners()),
        ]
        compare(
            f"Cards in an edition of {cards}: ours rendered and inlined, theirs inlined alone, no limit of bytes",
            ways,
            runs=runs,
        )
        print(f"  bytes: {', '.join(sizes(warm.render(of), page))}")
    show_as_sent(of, runs)


def seconds(peer: Inliner, pages: Sequence[str]) -> Callable[[], float] | None:
    run = peer.run
    return (lambda: run(pages)[0]) if run else None


def sizes(ours: Rendition, page: str) -> Iterator[str]:
    yield f"templates alone {len(page.encode()):,}"
    yield f"{OURS} {len(ours.html.encode()):,}"
    yield from (f"{peer.name} {peer.run([page])[1]:,}" for peer in inliners() if peer.run)


def show_as_sent(of: Edition, runs: int) -> None:
    """What an edition costs us under the limit, and how much of it is left."""
    warm = Renderer(LOOK)
    made = warm.render(of)
    first = statistics.median(timed(lambda: cold(of)) for _ in range(runs)) * 1000
    again = statistics.median(timed(lambda: warm.render(of)) for _ in range(runs)) * 1000
    kept = len(of.articles) - len(made.trimmed)
    print(f"  as sent: {kept} cards, {len(made.html.encode()):,} bytes, {first:,.1f} ms cold, {again:,.1f} ms warm")


def some_selections(count: int) -> list[Selection]:
    """So many different ones, of one to twelve categories."""
    chance = random.Random(1)
    keys = [name.casefold() for name in SECTIONS]
    found: dict[Selection, None] = {}
    while len(found) < count:
        found[Selection(frozenset(chance.sample(keys, chance.randint(1, len(keys) - 1))))] = None
    return list(found)


def compare_selections(cards: int, count: int, runs: int) -> None:
    """Each peer renders our templates too, which know their cards already, and inlines every page as a whole."""
    of, chosen = edition(cards), some_selections(count)
    bare = templates_alone()

    def ours() -> None:
        renderer = Renderer(LOOK)
        for selection in chosen:
            renderer.render(of, selection)

    def written(selections: Sequence[Selection]) -> tuple[float, list[str]]:
        pages: list[str] = []
        return timed(lambda: pages.extend(bare.render(of, selection).html for selection in selections)), pages

    def together(peer: Inliner, selections: Sequence[Selection]) -> Callable[[], float] | None:
        if (run := peer.run) is None:
            return None

        def both() -> float:
            writing, pages = written(selections)
            return writing + run(pages)[0]

        return both

    def peers() -> Iterator[Way]:
        for peer in inliners():
            some = chosen[: max(1, count // peer.share)]
            yield Way(f"our templates, {peer.name}", len(some), together(peer, some))

    ways = [
        Way(OURS, count, lambda: timed(ours)),
        Way("our templates, nothing inlined", count, lambda: written(chosen)[0]),
        *peers(),
    ]
    compare(
        f"Renditions of {cards} cards in {len(SECTIONS)} categories, {count:,} different selections", ways, runs=runs
    )
    total = statistics.median(timed(ours) for _ in range(runs))
    print(f"  {OURS}: {total:.2f} s for all, {total / count * 1000:.2f} ms for each")


# --- messages ------------------------------------------------------------------------------------------------------


def email_message(rendition: Rendition, address: str) -> bytes:
    """What one writes without us: the standard library's message, built and encoded for one reader."""
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = f"{SENDER.name} <{SENDER.address}>", address, rendition.subject
    mail["List-Id"] = f"<{SENDER.list_id}>"
    mail["List-Unsubscribe"] = f"<mailto:{SENDER.unsubscribe_to}>"
    mail.set_content(rendition.text)
    mail.add_alternative(rendition.html, subtype="html")
    return mail.as_bytes()


def compare_messages(rendition: Rendition, recipients: int, runs: int) -> None:
    signer = Signer(["k" * 48])
    addresses = [f"reader{number}@example.org" for number in range(recipients)]

    def one_letter() -> Letter:
        return letter(rendition, SENDER, edition=NAME, message_key="m" * 64, date=START)

    def ours() -> None:
        made = one_letter()
        for number, address in enumerate(addresses):
            message(made, address=address, name="", subscriber=number, links=signer.for_reader(SENDER, NAME, number))

    some = addresses[: max(1, recipients // 20)]  # the peer takes that much longer, and its rate needs no more
    ways = (
        Way(f"{OURS}, its one letter included", recipients, lambda: timed(ours)),
        Way("EmailMessage each", len(some), lambda: timed(lambda: [email_message(rendition, to) for to in some])),
    )
    compare(f"Messages of {len(email_message(rendition, 'a@example.org')) // 1024} KB made", ways, runs=runs)
    one = (
        Way(f"{OURS}: letter()", 1, lambda: timed(one_letter)),
        Way("one EmailMessage", 1, lambda: timed(lambda: email_message(rendition, "a@example.org"))),
    )
    compare("Letters made", one, runs=max(runs, 9))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cards", type=int, nargs="+", default=[10, 50, 200, 500])
    parser.add_argument("--selections", type=int, default=1_000)
    parser.add_argument("--recipients", type=int, default=2_000)
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args()
    introduce(given.runs)
    for cards in given.cards:
        compare_editions(cards, given.runs)
    compare_selections(50, given.selections, given.runs)
    compare_messages(cold(edition(40)), given.recipients, given.runs)


if __name__ == "__main__":
    main()
