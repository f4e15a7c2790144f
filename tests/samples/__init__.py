"""Sample editions that every check of the mail looks at: small and large, dense and sparse, in four scripts, and traps.

``python -m tests.samples DIR`` (``__main__.py``) writes them as ``.eml`` files.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from PIL import Image as Photo

from digest.links import Signer
from digest.look import Density, Look
from digest.message import letter, message
from digest.model import (
    Article,
    Attachment,
    Cover,
    Edition,
    Image,
    Period,
    Picture,
    Rendition,
    Section,
    Selection,
    Sender,
)
from digest.render import Renderer
from tests.samples import stories

START = datetime(2025, 12, 1, tzinfo=UTC)
WEEK = Period(START, START + timedelta(days=7), "2025-W49")
PHOTOS = sorted((Path(__file__).parents[2] / "examples" / "static" / "images").iterdir())
LOOK = Look(
    "Fieldnotes",
    site_url="https://fieldnotes.example.org",
    postal_address="Fieldnotes, 1 Sample Street\n12345 Sampleton",
    web=True,
)
SENDER = Sender(
    name="Fieldnotes Weekly",
    address="weekly@fieldnotes.example.org",
    list_id="weekly.fieldnotes.example.org",
    unsubscribe_to="weekly@fieldnotes.example.org",
    reply_to="desk@fieldnotes.example.org",
    web="https://news.fieldnotes.example.org",
)
WHOLE = Selection()
KEY = "sample-key-that-signs-nothing-of-value-0123456789"


@dataclass(frozen=True)
class Sample:
    """An edition with the look it is shown in."""

    edition: Edition
    look: Look = LOOK

    def rendition(self, selection: Selection = WHOLE) -> Rendition:
        images = [article.image for article in self.edition.articles if article.image]
        covers = {image: embedded(Path(image.file)) for image in images if image.file}
        return Renderer(self.look).render(self.edition, selection, covers)

    def mail(self) -> bytes:
        name = self.edition.name
        made = letter(self.rendition(), SENDER, edition=name, message_key=KEY, date=WEEK.end)
        links = Signer([KEY]).for_reader(SENDER, name, 1)
        return message(made, address="reader@example.com", name="", subscriber=1, links=links).data


@cache
def embedded(file: Path) -> Cover:
    """A photo that travels along, as it is."""
    with Photo.open(file) as photo:
        width, height = photo.size
    kind = "png" if file.suffix == ".png" else "jpeg"
    attachment = Attachment(f"{file.stem}@covers", f"image/{kind}", file.read_bytes())
    picture = Picture(f"cid:{attachment.cid}", width, height, attachment)
    return Cover(picture, picture, file.stem)


def article(number: int, category: str, title: str, excerpt: str = "", *, photo: bool = True) -> Article:
    """A story; every fifth has no cover, and others repeat one."""
    pool = stories.SENTENCES
    file = PHOTOS[number % len(PHOTOS)]
    return Article(
        key=f"example.net/{number}",
        title=title,
        published=START + timedelta(hours=3 * number),
        url=f"https://fieldnotes.example.org/posts/story-{number}?utm_source=digest&utm_medium=email",
        source=f"https://desk{number % 4}.example.net/stories/{number}",
        category=category,
        excerpt=excerpt or f"{pool[number % len(pool)]} {pool[(number * 3 + 1) % len(pool)]}",
        author=("Harbour desk", "", "Newsroom")[number % 3],
        image=Image(file=str(file)) if photo and number % 5 != 3 else None,
        minutes=number % 9,
    )


def edition(
    sections: stories.Sections, most: int, *, excerpt: str = "", title: str = "Fieldnotes Weekly", photo: bool = True
) -> Edition:
    """The first ``most`` stories of each section."""
    made: list[Section] = []
    number = 0
    for place, (category, titles) in enumerate(sections):
        chosen = titles[:most]
        articles = tuple(article(number + n, category, t, excerpt, photo=photo) for n, t in enumerate(chosen))
        number += len(chosen)
        more = (0, 12, 1, 3)[place % 4]
        made.append(
            Section(
                f"c{place}", category, articles, more, f"https://fieldnotes.example.org/c{place}" if place % 3 else ""
            )
        )
    intro = "Snow came early, and with it the question who clears the footbridge." if photo else ""
    return Edition("weekly", 49, title, WEEK, tuple(made), intro)


def one_photo() -> Edition:
    """Sixteen stories that all carry the same stock photo."""
    whole = edition(stories.SECTIONS[:4], 4)
    same = Image(file=str(PHOTOS[3]))
    sections = (replace(s, articles=tuple(replace(a, image=same) for a in s.articles)) for s in whole.sections)
    return replace(whole, sections=tuple(sections))


def foreign(sections: stories.Sections, sentence: str, title: str, language: str) -> Sample:
    look = replace(LOOK, language=language)
    return Sample(replace(edition(sections, 5, excerpt=sentence, title=title), intro=""), look)


def many() -> Edition:
    """Two hundred stories, of which a mail has room for about a third."""
    sections = tuple(
        (name, tuple(f"{title}, part {part}" for part in range(1, 6) for title in titles))
        for name, titles in stories.SECTIONS
    )
    return edition(sections, 99)


def traps() -> Edition:
    """What must reach a reader as it was written, and nothing else."""
    return edition((("Traps & <b>tricks</b>", stories.TRAPS),), 99, excerpt=" ".join(stories.TRAPS[:4]))


SAMPLES: Mapping[str, Callable[[], Sample]] = {
    "five": lambda: Sample(edition(stories.SECTIONS[:2], 3)),
    "forty-five": lambda: Sample(edition(stories.SECTIONS, 4)),
    "one-category": lambda: Sample(edition(stories.SECTIONS[:1], 4)),
    "no-images": lambda: Sample(edition(stories.SECTIONS[:3], 3, photo=False)),
    "one-photo": lambda: Sample(one_photo()),
    "long-title": lambda: Sample(edition((("Work", (stories.LONG_TITLE, stories.LONG_TITLE.upper())),), 2)),
    "compact": lambda: Sample(edition(stories.SECTIONS, 4), replace(LOOK, density=Density.COMPACT)),
    "headlines": lambda: Sample(edition(stories.SECTIONS, 4), replace(LOOK, density=Density.HEADLINES)),
    "accent": lambda: Sample(
        edition(stories.SECTIONS[:2], 3), replace(LOOK, accent="#ffcc00", headings="sans", corner=0, width=640)
    ),
    "arabic": lambda: foreign(stories.ARABIC, stories.ARABIC_SENTENCE, "ملاحظات الأسبوع", "ar"),
    "hebrew": lambda: foreign(stories.HEBREW, stories.HEBREW_SENTENCE, "רשימות השבוע", "he"),
    "chinese": lambda: foreign(stories.CHINESE, stories.CHINESE_SENTENCE, "田野札记周刊", "zh"),
    "too-large": lambda: Sample(many()),
    "traps": lambda: Sample(traps()),
}


def mails() -> dict[str, bytes]:
    """Every sample as a finished message."""
    return {name: make().mail() for name, make in SAMPLES.items()}
