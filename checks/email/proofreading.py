"""Gives our mails to every tool, prints a table of mail and tool with the findings below, and exits 1 on any.

Each tool also gets one mail that is broken on purpose, and a tool that does not complain about it is a finding itself.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import axe
import linter
import markup
import narrow
import second_parser
import signing
import spam
import strict
from said import Mails, Said, Tool

ROOT = Path(__file__).parents[2]
TOOLS = (axe.TOOL, narrow.TOOL, markup.TOOL, spam.TOOL, signing.TOOL, strict.TOOL, second_parser.TOOL, linter.TOOL)
BROKEN = "(broken on purpose)"


def samples() -> Mails:
    """The sample editions and the articles that try to break them."""
    sys.path.insert(0, str(ROOT))
    from tests.samples import mails  # noqa: PLC0415 - only where they are asked for

    return mails()


def existing(text: str) -> Path:
    if not (path := Path(text)).exists():
        raise argparse.ArgumentTypeError(f"{text}: there is no such file or folder")
    return path


def stored(paths: Iterable[Path]) -> Mails:
    """The ``.eml`` files named, and those in folders named."""
    files = [file for path in paths for file in (sorted(path.rglob("*.eml")) if path.is_dir() else [path])]
    return {str(file): file.read_bytes() for file in files}


def asked(tool: Tool, mails: Mails) -> list[Said]:
    """What the tool says about the mails, and at last about its own broken mail: nothing, if it complained as it should."""
    *said, about_broken = tool.read({**mails, BROKEN: tool.broken})
    found = "\n".join(about_broken.findings)
    silent = [complaint for complaint in tool.complaints if not re.search(complaint, found, re.MULTILINE)]
    return [*said, replace(about_broken, findings=tuple(f"does not complain: {complaint}" for complaint in silent))]


def table(mails: Mails, said: Sequence[Said]) -> str:
    cells = {(one.mail, one.tool): str(len(one.findings)) if one.findings else one.note or "ok" for one in said}
    names = [*mails, BROKEN]
    width = max(map(len, names))
    lines = [f"{'':{width}}  " + "  ".join(tool.name for tool in TOOLS)]
    for name in names:
        row = (f"{cells[name, tool.name]:>{len(tool.name)}}" for tool in TOOLS)
        lines.append(f"{name:{width}}  " + "  ".join(row))
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--eml", type=existing, nargs="+", metavar="PATH", help="files or folders to read, not the samples"
    )
    given = parser.parse_args()
    mails = stored(given.eml) if given.eml else samples()
    if not mails:
        parser.error("there is no .eml file in what was named")
    start = time.monotonic()
    with ThreadPoolExecutor() as pool:
        said = [one for answers in pool.map(lambda tool: asked(tool, mails), TOOLS) for one in answers]
    print(table(mails, said))
    findings = [f"{one.mail}: {one.tool}: {finding}" for one in said for finding in one.findings]
    print(
        f"\n{len(mails)} mails, {len(TOOLS)} tools, {time.monotonic() - start:.0f} s: {len(findings) or 'no'} findings"
    )
    print(*findings, sep="\n")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
