"""html-validate: is the HTML part well-formed and well nested? What is excused stands with its reason in markup.mjs."""

from __future__ import annotations

from collections.abc import Iterator

from node import ask
from said import Mails, Said, Tool, body, written


def read(mails: Mails) -> Iterator[Said]:
    found = ask("markup.mjs", {name: body(data, "html") for name, data in mails.items()})
    return (Said("html-validate", name, tuple(found[name])) for name in mails)


TOOL = Tool(
    "html-validate",
    read,
    broken=written(
        '<!DOCTYPE html><html lang="en"><head><title>Broken</title></head><body><p id="a">Never closed<div id="a">'
        '<center>old</center><a href="https://example.org/?a=1&b=2"></b></a></div></body></html>'
    ),
    complaints=("no-dup-id", "close-order", "deprecated"),
)
