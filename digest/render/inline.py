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
_HOLE = "<!--hole-->"  # where pieces stand in the one around them
_TOKEN = re.compile(f"({PIECE}|{END}|{_HOLE})")


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
        """Blanks between two pieces belong to their hole."""
        if self.holes and not self.around[-1] and not text.strip():
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
    def pieces(self) -> Iterator[_Piece]:
        return (piece for hole in self.holes for piece in hole if isinstance(piece, _Piece))


class Inliner:
    """Inlines pages, each of their pieces once."""

    def __init__(self) -> None:
        self._known: dict[str, list[str]] = {}

    def page(self, marked: str) -> str:
        """The bytes of ``inlined(without_marks(marked))``, for style sheets that do not count siblings.

        Raises RenderError.
        """
        root = _parsed(marked)
        if root is None or not self._knows(root):
            return inlined(without_marks(marked))
        return "".join(self._joined(root))

    def _knows(self, root: _Piece) -> bool:
        """Whether all of its pieces are known, after learning those that were not.

        False when the parser has moved a piece: it was no whole element.
        """
        unknown = self._unknown(root)
        learned = _parsed(inlined("".join(_outline(root, unknown)))) if unknown else None
        return not unknown or (learned is not None and self._learn(root, learned, unknown))

    def _unknown(self, root: _Piece) -> set[str]:
        """The skeletons in it that were never seen."""
        return {piece.skeleton for piece in _every(root)} - self._known.keys()

    def _learn(self, asked: _Piece, got: _Piece, unknown: set[str]) -> bool:
        """Remembers what became of each unknown skeleton; false when the page came back in another shape."""
        if len(got.around) != len(asked.around):
            return False
        self._known[asked.skeleton] = got.around
        wanted = [piece for piece in asked.pieces if _needed(piece, unknown)]
        found = list(got.pieces)
        return len(wanted) == len(found) and all(map(self._learn, wanted, found, [unknown] * len(found)))

    def _joined(self, piece: _Piece) -> Iterator[str]:
        around = self._known[piece.skeleton]
        yield around[0]
        for hole, after in zip(piece.holes, around[1:], strict=True):
            for inner in hole:
                yield from (inner,) if isinstance(inner, str) else self._joined(inner)
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


def _every(piece: _Piece) -> Iterator[_Piece]:
    yield piece
    for inner in piece.pieces:
        yield from _every(inner)


def _needed(piece: _Piece, unknown: set[str]) -> bool:
    return any(inner.skeleton in unknown for inner in _every(piece))


def _outline(piece: _Piece, unknown: set[str]) -> Iterator[str]:
    """The page with all that stands around what is unknown, and without the pieces that are known."""
    yield piece.around[0]
    for hole, after in zip(piece.holes, piece.around[1:], strict=True):
        yield _HOLE
        for inner in hole:
            if isinstance(inner, _Piece) and _needed(inner, unknown):
                yield PIECE
                yield from _outline(inner, unknown)
                yield END
        yield after
