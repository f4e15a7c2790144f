"""Styles written into the tags they style: the one owner of premailer, and of what makes it affordable.

What premailer's defaults would break, and why each is set otherwise:

- ``strip_important`` takes ``!important`` out of the rules for dark mode and small screens, which then lose against the
  inlined ones; ``remove_classes`` takes away what those rules select by.
- ``disable_basic_attributes``: it would write ``width="100%"`` and ``height="auto"`` over the numbers that Outlook needs.
- ``allow_network``, ``allow_loading_external_files``: rendering reads templates and nothing else.
- ``<style data-premailer="ignore">`` is left alone; premailer would drop each selector in it that matches nothing now.
- What cssutils cannot read in a style sheet is passed over in silence, as a browser would.

A premailer run costs about two milliseconds a card, and a thousand readers' choices are a thousand pages. But they are
the same cards: templates mark what recurs as a *piece*, and each piece is inlined once, where it stands in a page.

    page with marks ─▶ tree of pieces ─▶ those never seen, in one page ─▶ premailer ─▶ remembered
                            └──────────────── joined from what is remembered ◀──────────┘
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from premailer import Premailer

from digest.errors import RenderError

PIECE, END = "<!--piece-->", "<!--/piece-->"
PIECES_KEPT = 10_000  # then it begins anew: a live preview sees many versions of a page
_BLANKS = " \t\n\r\f"
_HOLE = "<!--hole-->"  # where pieces stand in the one around them
_TOKEN = re.compile(f"({PIECE}|{END}|{_HOLE})")
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]*)")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
)


def inlined(html: str) -> str:
    """The page with its style sheets inlined, else unchanged; the same page gives the same bytes. Raises RenderError."""
    if "<body" not in html:
        raise RenderError("edition.html has no <body>", hint='extend "digest/edition.html", or write a whole page')
    page: str = Premailer(
        html,
        strip_important=False,
        remove_classes=False,
        allow_network=False,
        allow_loading_external_files=False,
        disable_validation=True,
        disable_basic_attributes=["align", "bgcolor", "height", "valign", "width"],
        align_floating_images=False,
        cssutils_logging_level=logging.CRITICAL,
    ).transform(pretty_print=False)
    return page


def without_marks(html: str) -> str:
    """The page with its pieces unmarked."""
    return html.replace(PIECE, "").replace(END, "")


@dataclass(slots=True)
class _Piece:
    """Text around holes, of which there is one fewer; in each hole stand pieces, one after the other."""

    around: list[str] = field(default_factory=lambda: [""])
    holes: list[list[_Piece | str]] = field(default_factory=list)

    def add(self, text: str) -> None:
        """Blanks between two pieces belong to their hole; a no-break space is none."""
        if self.holes and not self.around[-1] and not text.strip(_BLANKS):
            self.holes[-1].append(text)
        else:
            self.around[-1] += text

    def put(self, piece: _Piece) -> None:
        if not self.holes or self.around[-1]:
            self.open()
        self.holes[-1].append(piece)

    def open(self) -> None:
        self.holes.append([])
        self.around.append("")

    @property
    def skeleton(self) -> str:
        return _HOLE.join(self.around)

    @property
    def placed(self) -> Iterator[tuple[int, _Piece]]:
        """Its pieces, each with the number of the hole that it stands in."""
        return ((n, piece) for n, hole in enumerate(self.holes) for piece in hole if isinstance(piece, _Piece))


@dataclass(slots=True)
class _Known:
    """A piece where it was seen, inlined: the text ``around`` its holes, and the pieces known inside it.

    The same piece elsewhere has other ancestors, and so may have other styles: it is known by the hole it stands in.
    """

    around: list[str] | None = None
    inside: dict[tuple[int, str], _Known] = field(default_factory=dict)

    def of(self, hole: int, piece: _Piece) -> _Known:
        return self.inside.setdefault((hole, piece.skeleton), _Known())

    def knows(self, piece: _Piece) -> bool:
        """Whether this is known of the piece and of all that stands in it."""
        return self.around is not None and all(self.of(hole, inner).knows(inner) for hole, inner in piece.placed)


class Inliner:
    """Inlines pages, each of their pieces once in each place."""

    def __init__(self) -> None:
        self._pages: dict[str, _Known] = {}
        self._learned = 0

    def page(self, marked: str) -> str:
        """The bytes of ``inlined(without_marks(marked))``, for style sheets that do not count siblings.

        Raises RenderError.
        """
        root = _parsed(marked)
        if root is None or not root.holes:
            return inlined(without_marks(marked))
        if self._learned > PIECES_KEPT:
            self._pages, self._learned = {}, 0
        known = self._pages.setdefault(root.skeleton, _Known())
        if not known.knows(root):
            outline = "".join(_outline(root, known))
            self._learned += outline.count(PIECE)
            learned = _parsed(inlined(outline))
            if learned is None or not _learn(known, root, learned):
                del self._pages[root.skeleton]  # a piece was no whole element: the parser has moved or mended it
                return inlined(without_marks(marked))
        return "".join(_joined(known, root))


def _learn(known: _Known, asked: _Piece, got: _Piece) -> bool:
    """Remembers what became of a piece and of those in it; false when it came back in another shape."""
    known.around = got.around
    wanted = [(hole, piece) for hole, piece in asked.placed if not known.of(hole, piece).knows(piece)]
    found = list(got.placed)
    return (
        len(got.around) == len(asked.around)
        and not any(isinstance(inner, str) for hole in got.holes for inner in hole)  # nothing was moved there
        and [hole for hole, _ in wanted] == [hole for hole, _ in found]
        and all(
            _is_whole(piece, became) and _learn(known.of(hole, piece), piece, became)
            for (hole, piece), (_, became) in zip(wanted, found, strict=True)
        )
    )


def _joined(known: _Known, piece: _Piece) -> Iterator[str]:
    around = known.around or piece.around
    yield around[0]
    for number, (hole, after) in enumerate(zip(piece.holes, around[1:], strict=True)):
        for inner in hole:
            yield from (inner,) if isinstance(inner, str) else _joined(known.of(number, inner), inner)
        yield after


def _parsed(marked: str) -> _Piece | None:
    """The tree of a page's pieces; None where a mark has no counterpart."""
    open_pieces = [_Piece()]
    for token in _TOKEN.split(marked):
        match token:
            case "<!--piece-->":
                open_pieces.append(_Piece())
            case "<!--/piece-->":
                piece = open_pieces.pop()
                if not open_pieces:
                    return None
                open_pieces[-1].put(piece)
            case "<!--hole-->":
                open_pieces[-1].open()
            case "":
                pass
            case text:
                open_pieces[-1].add(text)
    return open_pieces[0] if len(open_pieces) == 1 else None


def _outline(piece: _Piece, known: _Known) -> Iterator[str]:
    """The page with all that stands around what is unknown, and without the pieces that are known."""
    yield piece.around[0]
    for number, (hole, after) in enumerate(zip(piece.holes, piece.around[1:], strict=True)):
        yield _HOLE
        for inner in hole:
            if isinstance(inner, _Piece) and not known.of(number, inner).knows(inner):
                yield PIECE
                yield from _outline(inner, known.of(number, inner))
                yield END
        yield after


def _is_whole(piece: _Piece, became: _Piece) -> bool:
    """Whether a piece consists of whole elements, as it was written and as the parser understood it."""
    written, understood = _tags(piece.skeleton), _tags(became.skeleton)
    return written is not None and written == understood


def _tags(html: str) -> list[str] | None:
    """The elements in it, in the order of their beginnings; None unless each one ends where it should."""
    if html.count("<!--") != html.count("-->"):
        return None
    names: list[str] = []
    open_tags: list[str] = []
    for ending, written in _TAG.findall(_COMMENT.sub("", html)):
        name = written.lower()
        if ending:
            if not open_tags or open_tags.pop() != name:
                return None
        else:
            names.append(name)
            open_tags += () if name in _VOID else (name,)
    return None if open_tags else names
