"""What is looked at on every page: whether everybody can read it, on every screen, and what it loads."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any, Literal

import httpx
from playwright.sync_api import Browser, Page, Request

AXE = Path(__file__).parent.parent / "email/node_modules/axe-core/axe.min.js"
ON = {"target-size": {"enabled": True}}  # of WCAG 2.2, and off unless it is asked for
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
NARROWEST = 320  # CSS pixels (WCAG 2.2, 1.4.10)
WEIGHT_MAXIMUM = 50_000  # bytes of page, style sheet and icon together
RIGHT_TO_LEFT = frozenset({"ar"})
SHIFTED = """() => new Promise(done => {
  let sum = 0;
  const observer = new PerformanceObserver(seen => {
    for (const shift of seen.getEntries()) if (!shift.hadRecentInput) sum += shift.value;
  });
  observer.observe({type: "layout-shift", buffered: true});
  requestAnimationFrame(() => requestAnimationFrame(() => done(sum)));
})"""

Look = Callable[[str, str], None]


@dataclass
class Looking:
    """A visitor's browser and what it noticed."""

    page: Page
    beside: int  # bytes of what every page loads
    noticed: list[str] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)

    def look(self, name: str, language: str) -> None:
        """Everything about the page of this name that is not as it should be is noticed."""
        self.seen.append(name)
        for fault in (*self._shift(), *self._language(language), *self._weight(), *self._overflow(), *self._axe()):
            self.noticed.append(f"{name} ({language}): {fault}")

    def _shift(self) -> Iterator[str]:
        """First of all: whatever moves afterwards was moved by looking."""
        if shifted := self.page.evaluate(SHIFTED):
            yield f"moves by {shifted} while it is loaded"

    def _language(self, language: str) -> Iterator[str]:
        found = self.page.evaluate("[document.documentElement.lang, document.documentElement.dir]")
        wanted = [language, "rtl" if language in RIGHT_TO_LEFT else "ltr"]
        if found != wanted:
            yield f"lang and dir are {found}"

    def _weight(self) -> Iterator[str]:
        weight = len(self.page.content().encode()) + self.beside
        if weight > WEIGHT_MAXIMUM:
            yield f"{weight:,} bytes"

    def _overflow(self) -> Iterator[str]:
        self.page.set_viewport_size({"width": NARROWEST, "height": 700})
        wide = self.page.evaluate("document.documentElement.scrollWidth")
        if wide > NARROWEST:
            yield f"{wide} pixels wide in a window of {NARROWEST}"

    def _axe(self) -> Iterator[str]:
        for scheme in SCHEMES:
            self.page.emulate_media(color_scheme=scheme)
            self.page.evaluate(AXE.read_text(encoding="utf-8"))
            results: Any = self.page.evaluate("rules => axe.run(document, {rules})", ON)
            for kind in ("violations", "incomplete"):
                for rule in results[kind]:
                    nodes = [node["html"][:160] for node in rule["nodes"] if not _undecidable(kind, rule["id"], node)]
                    if nodes:
                        yield f"{kind} in the {scheme}: {rule['id']}, {rule['help']}: {json.dumps(nodes[:3], ensure_ascii=False)}"


def _undecidable(kind: str, rule: str, node: Any) -> bool:
    """The arrow of a select is a picture behind its words, which axe does not look through."""
    return kind == "incomplete" and rule == "color-contrast" and node["html"].startswith("<select")


@contextmanager
def looking(chromium: Browser, url: str, language: str = "en", *, scripts: bool = False) -> Iterator[Looking]:
    """A browser whose owner speaks this language; to ``look`` it needs ``scripts``, as axe does.

    What it notices fails the check at the end: what a policy forbids, what comes from elsewhere, whatever is said.
    """
    beside = sum(len(httpx.get(f"{url}/{name}").content) for name in ("static/pages.css", "favicon.svg"))
    context = chromium.new_context(java_script_enabled=scripts, locale=language)
    page = context.new_page()
    seen = Looking(page, beside)
    page.on("console", lambda said: None if _is_status(said.text) else seen.noticed.append(f"console: {said.text}"))
    page.on("pageerror", lambda error: seen.noticed.append(f"error: {error}"))
    page.on(
        "request", lambda asked: None if asked.url.startswith(f"{url}/") else seen.noticed.append(f"asks {asked.url}")
    )
    page.on("requestfinished", lambda asked: seen.noticed.extend(_missing(asked)))
    yield seen
    context.close()
    assert not seen.noticed, "\n".join(seen.noticed)


def _is_status(said: str) -> bool:
    """What Chromium says of every page whose status is 400 or above; of other things that are not there ``_missing`` tells."""
    return said.startswith("Failed to load resource: the server responded with a status of 4")


def _missing(asked: Request) -> Iterator[str]:
    answer = asked.response()
    if answer and answer.status >= HTTPStatus.BAD_REQUEST and not asked.is_navigation_request():
        yield f"{asked.url}: {answer.status}"


@contextmanager
def pictured(looker: Looking, folder: Path | None) -> Iterator[Look]:
    """``look``, and a picture of each page in light and dark, narrow and wide, if there is a folder for them."""

    def look(name: str, language: str) -> None:
        looker.look(name, language)
        for scheme in SCHEMES if folder else ():
            looker.page.emulate_media(color_scheme=scheme)
            for width in (360, 1200):
                looker.page.set_viewport_size({"width": width, "height": 720})
                looker.page.screenshot(path=folder / f"{name}.{scheme}-{width}.png", full_page=True)  # type: ignore[operator] # there is one

    yield look
