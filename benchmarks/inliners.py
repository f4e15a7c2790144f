"""Those who write styles into tags as we do, each over whole pages: premailer twice, css-inline and juice."""

from __future__ import annotations

import json
import logging
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from measuring import timed
from premailer import Premailer

from digest.render.inline import inlined

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Inliner:
    """``run`` inlines pages and returns the seconds and bytes it came to; None when it is not installed.

    ``share`` is how many times fewer pages it is given where there are many: its rate needs no more.
    """

    name: str
    run: Callable[[Sequence[str]], tuple[float, int]] | None
    share: int


def inliners() -> Iterator[Inliner]:
    yield Inliner("premailer, its defaults", _each(_by_defaults), share=50)
    yield Inliner("premailer, as we set it", _each(inlined), share=50)
    yield Inliner("css-inline (Rust)", _css_inline(), share=4)
    yield Inliner("juice (Node)", _juice if _has_juice() else None, share=20)


def _each(inline: Callable[[str], str]) -> Callable[[Sequence[str]], tuple[float, int]]:
    def run(pages: Sequence[str]) -> tuple[float, int]:
        made: list[str] = []
        seconds = timed(lambda: made.extend(map(inline, pages)))
        return seconds, sum(len(page.encode()) for page in made)

    return run


def _by_defaults(page: str) -> str:
    return str(Premailer(page, cssutils_logging_level=logging.CRITICAL).transform())


def _css_inline() -> Callable[[Sequence[str]], tuple[float, int]] | None:
    try:
        import css_inline  # noqa: PLC0415 - a peer that need not be there
    except ImportError:
        return None
    inliner = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)
    return _each(inliner.inline)


def _has_juice() -> bool:
    return shutil.which("node") is not None and (HERE / "node_modules/juice").is_dir()


def _juice(pages: Sequence[str]) -> tuple[float, int]:
    """Node's start is not counted."""
    done = subprocess.run(
        ["node", HERE / "juice.mjs"], input=json.dumps(pages), capture_output=True, text=True, check=True
    )
    seconds, size = json.loads(done.stdout)
    return seconds, size
