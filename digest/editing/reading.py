"""What a person wrote into an edition's file: read, compared with the articles that there are, and made a Curation.

text ─▶ parse ─▶ fields, sections, lines ─▶ are these articles? may they be in it? ─▶ Edited
                          └────────────── every fault, with its line ──────────────▶ EditingError
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from digest.compose import Verdict
from digest.editing import notation
from digest.editing.candidates import Candidates
from digest.editing.comments import is_whole
from digest.editing.faults import Faults
from digest.editing.fields import Fields, says_approved
from digest.editing.parsing import Entry, Heading, Parsed, parse
from digest.editing.place import Place, load
from digest.errors import ArticleError, EditingError
from digest.identity import category_key
from digest.model import Article, Chosen, Curation
from digest.sources import front_matter

TITLE_MAXIMUM = 300  # characters
TEXT_MAXIMUM = 1_000
SETTLED = 2_000_000_000  # nanoseconds: no program takes longer to save a file

_NOTHING = (Chosen("", ()),)  # an edition whose list is empty: the rules are not to fill it


@dataclass(frozen=True, slots=True)
class Edited:
    """The articles as the file words them, and what it decides; without a file, as they are.

    ``known`` are the names of those that the file holds, or has held when they were put into it.
    """

    articles: tuple[Article, ...]
    curation: Curation | None = None
    known: frozenset[str] = frozenset()

    def new(self, proposed: Iterable[Verdict]) -> tuple[Verdict, ...]:
        """What of the ``proposed`` is in no list yet; nothing where the file has no list and the rules choose."""
        if self.curation and not self.curation.sections:
            return ()
        return tuple(verdict for verdict in proposed if notation.name(verdict.article) not in self.known)


def read(at: Place, candidates: Candidates) -> Edited:
    """What the file decides; nothing where there is none. Raises EditingError with all its faults."""
    text = load(at)
    if text is None:
        return Edited(tuple(candidates.articles))
    faults = Faults()
    parsed = parse(text, faults)
    edited = _Reader(at, candidates, parsed, faults).edited() if parsed else None
    if faults.told or edited is None:
        raise EditingError(at.name, faults.told, hint=f"mend it; without the file, the rules of {at.digest} choose")
    return edited


def is_held(at: Place) -> bool:
    """Whether it waits for approval: there is no file, or one that does not say ``approved: true``. What else is wrong
    with it is found out where it is followed, and so is what is wrong with one that cannot be read at all.
    """
    try:
        text = load(at)
        return text is None or not says_approved(front_matter.split(at.name, text))
    except (EditingError, ArticleError):
        return False


def is_settled(at: Place) -> bool:
    """Whether nobody is just writing it, as far as that can be seen: there is none, it is whole, or it has lain a while."""
    if abs(time.time_ns() - at.changed) >= SETTLED:
        return True
    try:
        return is_whole(load(at) or "")
    except EditingError:  # perhaps as the half of a letter is missing
        return False


def unknown(at: Place, candidates: Candidates) -> frozenset[str]:
    """What the file names, as far as it can be read, that is none of the candidates."""
    try:
        parsed = parse(load(at) or "", Faults())
    except EditingError:
        return frozenset()
    if not parsed:
        return frozenset()
    fields = Fields(parsed.front, Faults())
    listed = {entry.token for heading in parsed.headings for entry in heading.entries}
    named = listed.union(*map(fields.names, ("pinned", "excluded")))
    return frozenset(named - candidates.by_token.keys() - {""})


@dataclass(frozen=True)
class _Reader:
    """One file on its way to a Curation."""

    at: Place
    candidates: Candidates
    parsed: Parsed
    faults: Faults
    lines: dict[str, int] = field(default_factory=dict)  # name of an article -> where it is listed

    @cached_property
    def fields(self) -> Fields:
        return Fields(self.parsed.front, self.faults)

    def edited(self) -> Edited:
        self._check_edition()
        excluded = self._named("excluded")
        pinned = self._named("pinned", allowed=True)
        sections = self._sections(excluded)
        listed = frozenset(name for section in sections for name in section.articles)
        left_out = (self._left_out() | self._deleted()) - listed
        self._check_pinned(pinned, listed)
        order = self._order()
        curation = Curation(
            edition=self.at.edition,
            file=self.at.name,
            subject=self.fields.text("subject"),
            preheader=self.fields.text("preheader"),
            intro=self.fields.intro(),
            pinned=pinned,
            excluded=excluded | left_out,
            order=order,
            sections=_arranged(sections, order, pinned),
            approved=self.fields.approved(),
        )
        return Edited(self._worded(), curation, frozenset(self.lines) | self._marked())

    # --- the fields

    def _check_edition(self) -> None:
        self.fields.check_names()
        written = self.fields.text("edition")
        if not written:
            self.faults.add(1, f"no edition is named: begin with a line ---, and then edition: {self.at.edition}")
        elif written != self.at.edition:
            what = f"this names the edition {written}, and the file is that of {self.at.edition}"
            self.faults.add(self.fields.line("edition"), what)

    def _named(self, field_name: str, *, allowed: bool = False) -> frozenset[str]:
        """The articles that a field names, ``allowed`` ones only."""
        found = set()
        for written in self.fields.names(field_name):
            line = self.fields.line(field_name, written)
            if article := self._found(line, written, allowed=allowed):
                found.add(notation.name(article))
        return frozenset(found)

    def _order(self) -> tuple[str, ...]:
        order = self.fields.names("order")
        known = (*(heading.category for heading in self.parsed.headings), *self.candidates.categories)
        keys = set(map(category_key, known))
        for category in order:
            if category_key(category) not in keys:
                line = self.fields.line("order", category)
                self.faults.add(line, f"there is no category {category!r} this time", meant=category, known=known)
        return order

    def _check_pinned(self, pinned: frozenset[str], listed: Collection[str]) -> None:
        for name in sorted(pinned - set(listed)) if self.parsed.headings else ():
            self.faults.add(self.fields.line("pinned", name), f"{name} is pinned, and in no section of the list")

    # --- the list

    def _sections(self, excluded: frozenset[str]) -> tuple[Chosen, ...]:
        """One for each category, as it is first written."""
        found: dict[str, tuple[str, list[str]]] = {}
        for heading in self._headings(left_out=False):
            _, names = found.setdefault(category_key(heading.category), (heading.category, []))
            names += (name for name in self._entries(heading, allowed=True) if name not in excluded)
        chosen = tuple(Chosen(category, tuple(names)) for category, names in found.values())
        return chosen or (_NOTHING if self.parsed.headings else ())

    def _left_out(self) -> frozenset[str]:
        """Those that would be in some edition: a draft waits for being none."""
        names = {name for heading in self._headings(left_out=True) for name in self._entries(heading, allowed=False)}
        return self._open(names)

    def _deleted(self) -> frozenset[str]:
        """What stood in the list and does no longer."""
        return self._open(self._marked() - set(self.lines)) if self.parsed.headings else frozenset()

    def _marked(self) -> frozenset[str]:
        if not self.parsed.marks:
            return frozenset()
        names = map(notation.name, self.candidates.articles)
        return frozenset(name for name in names if notation.mark(name) in self.parsed.marks)

    def _open(self, names: Iterable[str]) -> frozenset[str]:
        articles = self.candidates.by_token
        return frozenset(n for n in names if not self.candidates.objection(articles[notation.token(n)]))

    def _headings(self, *, left_out: bool) -> Iterator[Heading]:
        return (heading for heading in self.parsed.headings if heading.is_left_out is left_out)

    def _entries(self, heading: Heading, *, allowed: bool) -> Iterator[str]:
        for entry in heading.entries:
            if not entry.token:
                self._text(entry, None)
            elif article := self._found(entry.line, entry.token, allowed=allowed):
                name = notation.name(article)
                if first := self.lines.get(name):
                    twice = f"{entry.token} stands here a second time, after line {first}"
                    hint = f": delete this line below {notation.LEFT_OUT}" if heading.is_left_out else ""
                    self.faults.add(entry.line, twice + hint)
                else:
                    self.lines[name] = entry.line
                    yield name

    def _found(self, line: int, token: str, *, allowed: bool) -> Article | None:
        """The article of that path or key; ``allowed`` ones only."""
        article = self.candidates.by_token.get(token)
        if article is None:
            known = self.candidates.by_token
            self.faults.add(line, f"there is no article {token} this time", meant=token, known=known)
        elif allowed and (objection := self.candidates.objection(article)):
            self.faults.add(line, f"{token} {objection}")
        else:
            return article
        return None

    # --- the words

    def _worded(self) -> tuple[Article, ...]:
        """All articles, those in sections with the titles and texts that they have there."""
        worded = {
            notation.name(article): replace(article, title=title or article.title, excerpt=text or article.excerpt)
            for article, title, text in self._words()
        }
        return tuple(worded.get(notation.name(article), article) for article in self.candidates.articles)

    def _words(self) -> Iterator[tuple[Article, str, str]]:
        for heading in self._headings(left_out=False):
            for entry in heading.entries:
                if article := self.candidates.by_token.get(entry.token):
                    yield article, self._title(entry), self._text(entry, article)

    def _title(self, entry: Entry) -> str:
        if len(entry.title) > TITLE_MAXIMUM:
            self.faults.add(entry.line, f"this title has more than {TITLE_MAXIMUM} characters")
        return entry.title

    def _text(self, entry: Entry, article: Article | None) -> str:
        """The text below a line, without what was left behind by the line of another article."""
        own = notation.name(article) if article else ""
        kept = []
        for number, line in entry.text:
            whose = self._whose(line.strip()) or ({own} if article else set())
            if own in whose:
                kept.append(line)
            elif not whose:
                self.faults.add(number, "this text stands below no article")
        text = notation.plain(kept)
        if len(text) > TEXT_MAXIMUM:
            self.faults.add(entry.line, f"the text below this line has more than {TEXT_MAXIMUM:,} characters")
        return text

    def _whose(self, text: str) -> set[str]:
        """The names of those that have this text, or had it when they were proposed."""
        return self.candidates.by_text.get(text, set()) | self._by_proposed_text.get(notation.mark(text), set())

    @cached_property
    def _by_proposed_text(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for name in map(notation.name, self.candidates.articles):
            if text := self.parsed.marks.get(notation.mark(name)):
                found.setdefault(text, set()).add(name)
        return found


def _arranged(sections: tuple[Chosen, ...], order: Sequence[str], pinned: frozenset[str]) -> tuple[Chosen, ...]:
    """With the categories of ``order`` first, and ``pinned`` articles first of their section."""
    rank = {category_key(category): place for place, category in reversed(tuple(enumerate(order)))}
    arranged = sorted(sections, key=lambda section: rank.get(category_key(section.category), len(order)))
    return tuple(
        Chosen(section.category, tuple(sorted(section.articles, key=lambda name: name not in pinned)))
        for section in arranged
    )
