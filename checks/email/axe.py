"""axe-core: can everybody read the mail, in light and in dark?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from browser import opened, reading
from playwright.sync_api import Page
from said import Mails, Said, Tool, written

AXE = Path(__file__).parent / "node_modules/axe-core/axe.min.js"
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
# All rules are on, those of WCAG 2.2 included that axe leaves off, but for these:
OFF = {
    "region": "landmarks belong to the page around the mail, which is the mail program's",
    "landmark-one-main": "the same",
}
ON = ("target-size",)


def read(mails: Mails) -> Iterator[Said]:
    found: dict[str, list[str]] = {name: [] for name in mails}
    for scheme in SCHEMES:
        with reading(scheme=scheme, width=700) as context:
            context.add_init_script(path=AXE)
            for name, page in opened(context, mails):
                found[name] += [f"{fault} ({scheme})" for fault in _faults(_results(page))]
    return (Said("axe", name, tuple(faults)) for name, faults in found.items())


def _results(page: Page) -> Mapping[str, Any]:
    rules = {rule: {"enabled": False} for rule in OFF} | {rule: {"enabled": True} for rule in ON}
    results: Mapping[str, Any] = page.evaluate("rules => axe.run(document, {rules})", rules)
    return results


def _faults(results: Mapping[str, Any]) -> Iterable[str]:
    """Violations, and what axe could not decide: a contrast that nobody can tell is not good enough for a mail."""
    for kind, word in (("violations", ""), ("incomplete", "undecided: ")):
        for rule in results[kind]:
            nodes = rule["nodes"]
            first = " ".join(nodes[0]["failureSummary"].split()) if kind == "violations" else rule["help"]
            yield f"{word}{rule['id']} at {len(nodes)} places, first {nodes[0]['html'][:120]!r}: {first}"


TOOL = Tool(
    "axe",
    read,
    broken=written(
        """<!DOCTYPE html><html><head><title>Broken</title>
        <style>@media (prefers-color-scheme:dark){p{color:#222!important;background:#111}}</style></head>
        <body><h1>Broken</h1><p style="color:#000">Dark on dark, in the dark alone.</p>
        <a href="https://example.org"><img src="https://example.org/a.png"></a></body></html>"""
    ),
    complaints=("image-alt", "link-name", "html-has-lang", r"color-contrast .*\(dark\)"),
)
