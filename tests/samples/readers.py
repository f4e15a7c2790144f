"""Readers whose names and addresses are hard to write, and letters to write them into: for whoever reads messages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import cycle, islice

from digest.dkim import Key
from digest.links import ReaderLinks, Signer
from digest.marks import Mark
from digest.message import Letter, letter, message
from digest.model import Attachment, Message, Rendition, Selection, Sender

EDITION = "weekly/2025-W40"
FROZEN = datetime(2025, 10, 6, 7, 0, tzinfo=UTC)
SIGNER = Signer(["a key of some length"])
SENDER = Sender(
    name="The Quay, “Weekly”",
    address="weekly@example.org",
    list_id="weekly.example.org",
    unsubscribe_to="leave@example.org",
    web="https://news.example.org",
    bounces="bounces@example.org",
)
NAMES = (
    *(
        "First Reader",
        "",
        "O'Reader & Co <b>",
        "Dr. Reader (first)",
        "a.b@example.net",
        "From here on",
        ". begins with a dot",
    ),
    *(
        'Reader, First "the" Third',
        '"',
        '""',
        'a"b\\c"',
        "Back\\slash\\",
        "\\",
        "; : , . < > [ ] @",
        "R" * 200,
        "r " * 99 + "r",
    ),
    *(
        "قارئ أول",
        "القارئ الأول، " * 14 + "نعم",
        "第一位读者",
        "名" * 200,
        "קורא ראשון",
        "Ελένη Παπαδοπούλου",
        "Jürgen Ångström",
    ),
    *(
        "\N{PARTY POPPER}",
        "\N{PARTY POPPER} " * 99 + "!",
        "👩‍👩‍👧‍👦 family",
        "e\u0301 combined",
        "a=b_c?d",
        "=C3=BC",
        "100 % = all",
    ),
    *("ü" * 19 + "x", "ü" * 20, "x" * 38 + "ü", "x" * 39, "x" * 40, '"' * 100, "ü" * 75, "long " * 15 + "ü"),
)
ADDRESSES = (
    *("reader@example.org", "reader+tag@example.com", "o'reader=x@example.org", "r" * 64 + "@example.net"),
    *("читатель@example.org", "读者@example.org", "jürgen.ångström@example.org", "ü" * 32 + "@example.org"),
    *(
        "reader@bücher.example",
        "reader@例え.テスト",
        "قارئ@مثال.إختبار",
        f"reader@{'a' * 60}.{'b' * 60}.{'c' * 60}.example",
    ),
)
_STORY = "Bookings doubled — in two years = 100 %, says the council. "
_HTML = (
    f'<p>Hello <b class="name">{Mark.NAME}</b></p>\n<a class="archive" href="{Mark.ARCHIVE}">read</a>\n'
    f'{{}}<a class="unsubscribe" href="{Mark.UNSUBSCRIBE}">leave</a><a class="preferences" href="{Mark.PREFERENCES}">choose</a>'
)
_TEXT = f"Hello\n{Mark.NAME}\n{{}}\n{Mark.UNSUBSCRIBE}\n{Mark.PREFERENCES}\n{Mark.ARCHIVE}\n"
_IMAGES = tuple(
    Attachment(f"cover{number}@weekly.example.org", "image/png", bytes(range(256)) * number) for number in (1, 3)
)
RENDITIONS = (
    Rendition(Selection(), "The Quay 40: what happened", "", html=_HTML.format(""), text=_TEXT.format("")),
    Rendition(
        Selection(), "第四十期 — " * 8, "", html=_HTML.format(f"<p>{_STORY}</p>" * 40), text=_TEXT.format(_STORY * 9)
    ),
    Rendition(
        Selection(),
        "With covers",
        "",
        html=_HTML.format("<img src=cid:x>"),
        text=_TEXT.format("."),
        attachments=_IMAGES,
    ),
)  # fmt: skip - a line for each


@dataclass(frozen=True, slots=True)
class Reader:
    number: int
    name: str
    address: str
    links: ReaderLinks


def readers(count: int) -> Iterator[Reader]:
    """So many different ones; every name meets every address."""
    for number in range(1, count + 1):
        turn, place = divmod(number, len(NAMES))
        address = ADDRESSES[(place + turn) % len(ADDRESSES)]
        yield Reader(number, NAMES[place], address, SIGNER.for_reader(SENDER, EDITION, number))


def letters(keys: Sequence[Key] = ()) -> tuple[Letter, ...]:
    return tuple(letter(one, SENDER, edition=EDITION, message_key="k", date=FROZEN, keys=keys) for one in RENDITIONS)


def mailed(count: int, keys: Sequence[Key] = ()) -> Iterator[tuple[Reader, Message]]:
    """Each reader's message; the letters take turns."""
    for reader, made in zip(readers(count), islice(cycle(letters(keys)), count), strict=True):
        yield (
            reader,
            message(
                made,
                address=reader.address,
                name=reader.name,
                subscriber=reader.number,
                links=reader.links,
                return_token=SIGNER.return_token(reader.number, EDITION, FROZEN),
            ),
        )
