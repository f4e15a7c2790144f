"""The list that an editor is given: the edition as the rules have made it, and below it what they have left out."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, tzinfo

from digest.compose import Verdict
from digest.editing import notation
from digest.model import Article, Edition

WIDTH = 100

_FIELDS = """---
edition: {edition}
subject: ""
preheader: ""
intro: ""
pinned: []
excluded: []
order: []
approved: false
---
"""

_ADVICE = """<!--
This list is the edition {edition}. Move its lines up and down, into another section, or below "Left out"; delete
them; begin a section with ## and its category. Each line ends with what says which article it is: leave that as it is.
The title between the asterisks and the text below the line are yours to change, and so are the fields above, plain text
all of them; empty ones are filled in as ever.

What is deleted or left out is in no later edition either. An article that this file does not know waits for the next
one; `digest edit` adds what is new at the end. `digest preview` shows the mail. Where an edition waits for approval, it
leaves once this file says approved: true.
-->
"""


def propose(edition: Edition, proposed: Sequence[Verdict], zone: tzinfo) -> str:
    """The file of an edition that has none yet."""
    parts = [_FIELDS.format(edition=edition.name), _ADVICE.format(edition=edition.name)]
    for section in edition.sections:
        lines = (entry for article in section.articles for entry in _entry(article, zone))
        parts.append(_section(notation.heading(section.category), lines))
    rest = (notation.line(v.article, zone, v.reason) for v in proposed if not v.included)
    parts += [_section(f"## {notation.LEFT_OUT}", rest), _marks(proposed)]
    return "\n".join(parts)


def addition(verdicts: Sequence[Verdict], zone: tzinfo, now: datetime) -> str:
    """What is put below a file for articles that it does not hold yet."""
    heading = f"## {notation.LEFT_OUT} (new on {now.astimezone(zone):%Y-%m-%d %H:%M})"
    return f"\n{_section(heading, (notation.line(v.article, zone) for v in verdicts))}\n{_marks(verdicts)}"


def _entry(article: Article, zone: tzinfo) -> Iterator[str]:
    yield notation.line(article, zone)
    if text := notation.text_below(article):
        yield text


def _section(heading: str, lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in (heading, "", *lines))


def _marks(verdicts: Iterable[Verdict]) -> str:
    """What tells a line that somebody deletes from an article that has come since, and a text that stays behind when its
    line is moved from somebody's own, also when the article says something else by then.
    """
    marks = " ".join(map(_mark, verdicts))
    return f"<!-- proposed:\n{textwrap.fill(marks, WIDTH)}\n-->\n"


def _mark(verdict: Verdict) -> str:
    name = notation.mark(notation.name(verdict.article))
    text = notation.text_below(verdict.article).strip() if verdict.included else ""
    return f"{name}:{notation.mark(text)}" if text else name
