"""Article files that were made to hang a reader or to fill its memory; run as a program, it reads them all.

An alarm ends the process where one hangs, even inside of a library in C; a limit of its memory lets what is too much
fail. The alarm goes by the time of the processor, and neither is near to what reading takes: a busy machine makes no
difference.
"""

from __future__ import annotations

import random
import resource
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

from digest.sources.files import Folder

SECONDS = 20  # for what should take a tenth of one
MEMORY = 1024**3  # bytes of address space

K = 1024
FIELDS = "title: T\ndate: 2025-12-03\n"


def yaml(lines: str, body: str = "") -> str:
    return f"---\n{FIELDS}{lines}\n---\n{body}"


def aliases(levels: int, width: int = 9) -> str:
    lines = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * width)}]" for n in range(1, levels)]
    return "\n".join(["a0: &a0 [x, x, x, x]", *lines, f"tags: *a{levels - 1}", f"cover: *a{levels - 1}"])


def noise() -> bytes:
    return random.Random(7).randbytes(10_000_000)  # the same every time


BOMBS: dict[str, Callable[[], str | bytes]] = {
    "aliases": lambda: yaml(aliases(30)),
    "many aliases": lambda: yaml("a: &a " + "x" * 100_000 + "\nb: [" + "*a, " * 30_000 + "]"),
    "aliases of mappings": lambda: yaml("a: &a {b: c}\ntags:\n" + "  - *a\n" * 20_000),
    "a hundred thousand tags": lambda: yaml("tags: [" + "a," * 100_000 + "]"),
    "tags in lines": lambda: yaml("tags:\n" + "- a\n" * 60_000),
    "a hundred thousand keys": lambda: yaml("".join(f"k{n}: v\n" for n in range(100_000))),
    "keys as long as allowed": lambda: yaml("".join(f"k{n}: v\n" for n in range(18_000))),
    "the same key": lambda: yaml("a: b\n" * 50_000),
    "numbers": lambda: yaml("a:\n" + "- 1\n" * 60_000),
    "brackets": lambda: yaml("a: " + "[" * 100_000 + "]" * 100_000),
    "braces": lambda: yaml("a: " + "{b: " * 50_000),
    "brackets that are allowed": lambda: yaml("a: " + "[" * 999 + "]" * 999),
    "dashes": lambda: yaml("a:\n  " + "- " * 100_000),
    "question marks": lambda: yaml("? " * 100_000),
    "steps": lambda: yaml("".join(" " * n + "a:\n" for n in range(600))),
    "a list as a key": lambda: yaml("? [" + "a, " * 50_000 + "]\n: b"),
    "pairs in a list": lambda: yaml("a: [" + "b: c, " * 40_000 + "]"),
    "quotes": lambda: yaml("a: '" + "''" * 100_000),
    "a quote that never ends": lambda: yaml("a: 'b\n" + " c\n" * 60_000),
    "folds": lambda: yaml("a: >\n" + "  b\n\n" * 40_000),
    "tags of types": lambda: yaml("a: " + "!b " * 60_000),
    "anchors": lambda: yaml("".join(f"- &a{n} x\n" for n in range(20_000))),
    "lines to mend": lambda: yaml("a: b: c\n" * 3_000),
    "more lines to mend": lambda: yaml("a: b: c\n" * 30_000),
    "blanks before a key": lambda: yaml(" " * 200_000 + "a: b"),
    "empty lines": lambda: yaml("\n" * 200_000),
    "nothing but line ends": lambda: "\r" * 10_000_000,
    "nothing but blanks": lambda: " " * 10_000_000,
    "nothing but dashes": lambda: "-" * 10_000_000,
    "dashes and blanks": lambda: "---" + " " * 10_000_000 + "x",
    "lines of dashes": lambda: "--- x\n" * 1_500_000,
    "a field of ten megabytes": lambda: "---\ntitle: " + "x" * 10_000_000 + "\n---\n",
    "a header of ten megabytes": lambda: "Title: " + "x" * 10_000_000,
    "headers without end": lambda: "Title: x\n" * 1_000_000,
    "a header and blanks": lambda: "Title: T\n" + " " * 10_000_000 + "x",
    "fields without end": lambda: "---\n" + "a: b\n" * 2_000_000,
    "a comment without end": lambda: "<!--\n.. title: x\n" + ".. a\n" * 1_000_000,
    "null bytes": lambda: b"\x00" * 10_000_000,
    "null bytes in a field": lambda: yaml("a: " + "\x00" * 200_000),
    "lone surrogates": lambda: b"\xff\xfe" + b"\x00\xd8" * 1_000_000,
    "noise": noise,
    "noise below fields": lambda: yaml("").encode() + noise(),
    "toml brackets": lambda: "+++\na = " + "[" * 100_000 + "\n+++\n",
    "toml tables": lambda: "+++\n" + "".join(f"[a{n}]\n" for n in range(20_000)) + "+++\n",
    "a deep toml table": lambda: "+++\n[" + "a." * 100_000 + "a]\n+++\n",
    "deep toml keys": lambda: "+++\n" + "".join(f"{'a.' * 100}a{n} = 1\n" for n in range(1_000)) + "+++\n",
    "a toml number": lambda: "+++\na = " + "1" * 200_000 + "\n+++\n",
    "toml digits": lambda: "+++\na = " + "1_" * 100_000 + "\n+++\n",
    "toml quotes": lambda: "+++\na = '''" + "''" * 100_000 + "\n+++\n",
    "toml lines to mend": lambda: "+++\n" + "a = b\n" * 5_000 + "+++\n",
    "json brackets": lambda: '{"a": ' + "[" * 1_000_000,
    "json objects": lambda: '{"a": [' + "{}," * 3_000_000 + "{}]}",
    "json digits": lambda: '{"a": ' + "1" * 200_000 + "}",
    "json keys": lambda: "{" + ",".join(f'"k{n}": 1' for n in range(20_000)) + "}",
    "a body of one line": lambda: yaml("", "word " * 2_000_000),
    "a body of brackets": lambda: yaml("", "[" * 100_000),
    "a body of tags": lambda: yaml("", "<b>" * 300_000),
    "a body of openings": lambda: yaml("", "<" * 1_000_000),
    "a body of entities": lambda: yaml("", "&amp;" * 1_000_000),
    "a body of stars": lambda: yaml("", "*a_" * 300_000),
    "a body of backticks": lambda: yaml("", "`" * 1_000_000),
    "a body of quotes": lambda: yaml("", "> " * 300_000),
    "a title of entities": lambda: yaml("excerpt: '" + "&lt;" * 50_000 + "'"),
    "a title of tags": lambda: f"---\ntitle: '{'<' * 200_000}'\ndate: 2025-12-03\n---\n",
    "a date without end": lambda: f"---\ntitle: T\ndate: {'2025-12-03 ' * 20_000}\n---\n",
    "a cover without end": lambda: yaml("cover: https://" + "a." * 100_000),
    "a source of slashes": lambda: yaml("source: https://e.org/" + "../" * 60_000),
    "a slug of dots": lambda: yaml("slug: " + "./" * 60_000),
    "authors in a line": lambda: yaml("author: " + "A, B and C, " * 20_000),
}


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    folder = Folder(Path("/nowhere/posts"), ZoneInfo("UTC"), site_url="https://example.org")
    for name, made in BOMBS.items():
        made_of = made()
        data = made_of if isinstance(made_of, bytes) else made_of.encode()
        say(name)
        signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
        for suffix in (".md", ".html"):
            found = list(folder.parse(folder.root / f"a{suffix}", data))
            assert found
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        say(f": {len(found)} found, {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // K} MB at most\n")


def say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()  # it is the last word of a process that is killed


if __name__ == "__main__":
    main()
