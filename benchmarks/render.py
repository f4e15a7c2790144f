"""Rendering editions beside premailer alone, and making readers' messages beside ``email.message.EmailMessage``."""

from __future__ import annotations

import argparse
import logging
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from unittest import mock

from measuring import OURS, Way, compare, introduce, timed
from premailer import Premailer

from digest.links import Signer
from digest.message import Letter, letter, message
from digest.model import Article, Edition, Image, Period, Rendition, Section, Sender
from digest.render import Look, Renderer

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
SECTIONS = ("Work", "Science", "Travel", "Home", "Culture")
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


def uninlined(renderer: Renderer, of: Edition) -> str:
    """The page as our templates write it, before any style is inlined: what premailer alone is given."""
    with mock.patch("digest.render.renderer.inlined", side_effect=lambda html: html):
        return renderer.render(of).html


def inlined_by_defaults(html: str) -> str:
    return str(Premailer(html, cssutils_logging_level=logging.CRITICAL).transform())


def compare_rendering(renderer: Renderer, cards: int, runs: int) -> None:
    of = edition(cards)
    html = uninlined(renderer, of)
    ways = (
        Way(OURS, cards, lambda: timed(lambda: renderer.render(of))),
        Way("premailer alone, its defaults", cards, lambda: timed(lambda: inlined_by_defaults(html))),
    )
    compare(f"Cards rendered, in an edition of {cards}", ways, runs=runs)


def show_sizes(renderer: Renderer) -> None:
    """Bytes that one more card costs in HTML: templates alone, ours, premailer's defaults."""
    few, many = edition(10), edition(100)

    def a_card(small: str, large: str) -> float:
        return (len(large.encode()) - len(small.encode())) / 90

    raw_few, raw_many = uninlined(renderer, few), uninlined(renderer, many)
    ours = a_card(renderer.render(few).html, renderer.render(many).html)
    defaults = a_card(inlined_by_defaults(raw_few), inlined_by_defaults(raw_many))
    print("\nBytes a card costs in HTML")
    print(f"  {OURS} {ours:,.0f}; premailer's defaults {defaults:,.0f}; ours to it {ours / defaults:.2g} x")
    print(f"  before inlining {a_card(raw_few, raw_many):,.0f}")


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
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cards", type=int, nargs="+", default=[10, 40, 100])
    parser.add_argument("--recipients", type=int, default=2_000)
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args()
    introduce(given.runs)
    renderer = Renderer(LOOK)
    renderer.check()  # templates are compiled once
    show_sizes(renderer)
    for cards in given.cards:
        compare_rendering(renderer, cards, given.runs)
    compare_messages(renderer.render(edition(40)), given.recipients, given.runs)


if __name__ == "__main__":
    main()
