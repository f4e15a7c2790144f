"""One bad line does not cost a front matter: the line is mended, or left out, and named.

    bad line ──▶ tabs as blanks ──▶ its value in quotes ──▶ without its indentation ──▶ left out, with what hangs on it

Each of these is tried where the parser stumbles, until it does no more. It stumbles late over a quotation mark that
nobody closed: the line with that is the bad one, and those behind it are not.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

from digest.sources.defects import Defect, FormatError

Parse = Callable[[str], tuple[dict[str, Any], tuple[Defect, ...]]]

_ATTEMPTS = 12
_MENDED_MAXIMUM = 32 * 1024  # characters: what is read a dozen times over may not take long

_VALUED = re.compile(r"""(?P<name>[ ]*(?:-[ ]+)*["']?[\w-]+["']?[ \t]*[:=](?:[ \t]+|(?<==)))(?P<value>\S.*)""")
_INDENTED = re.compile(r"""\s+["']?[\w-]+["']?[ \t]*[:=](?:\s|$)""")
_NAMED = re.compile(r"""["']?[\w-]+["']?[ \t]*[:=]""")
_TABBED = re.compile(r" *\t\s*")
_BRACKETS = (("[", "]"), ("{", "}"))
_QUOTED = {'"': re.compile(r'"(?:[^"\\]|\\.)*+"'), "'": re.compile(r"'(?:[^']|'')*+'")}
_INDENT = re.compile(r"[ \t]*(?:-[ \t]+)*")


def mended(parse: Parse, source: str) -> tuple[dict[str, Any], tuple[Defect, ...]]:
    """What ``parse`` makes of the source, with a Defect for each line that had to be mended. Raises FormatError."""
    lines = source.split("\n")
    tried: Counter[int] = Counter()
    mends: dict[int, Defect] = {}
    first: FormatError | None = None
    for _ in range(_ATTEMPTS):
        try:
            fields, defects = parse("\n".join(lines))
        except FormatError as error:
            first = first or error
            at = _at_fault(lines, min(max(error.line, 1), len(lines)) - 1)
            mend = _mend(lines, at, tried) if error.mendable and len(source) <= _MENDED_MAXIMUM else None
            if not mend:
                break
            why = mends[at].what.partition(": ")[2] if at in mends else error.what
            mends[at] = Defect(f"{mend.done}: {why}", at + 1, mend.hint or error.hint)
        else:
            lost = _lost(source, lines) if mends else {}
            return fields, (*(replace(mend, lost=lost.get(at, "")) for at, mend in mends.items()), *defects)
    assert first is not None
    raise first


def _at_fault(lines: list[str], at: int) -> int:
    """The line to be mended where the parser stumbles over another one: the nearest whose quotation is never closed."""
    return next((line for line in range(at, -1, -1) if _opens_a_quotation(lines, line)), at)


def _opens_a_quotation(lines: list[str], at: int) -> bool:
    """Whether a value begins with a quotation mark that is closed neither in its line nor in those that continue it."""
    found = _VALUED.fullmatch(lines[at])
    if found is None or not (quoted := _QUOTED.get(found["value"][0])):
        return False
    indent = len(_INDENT.match(lines[at])[0])  # type: ignore[index]  # it matches anything
    end = at + 1
    while end < len(lines) and (not lines[end].strip() or lines[end][: indent + 1].isspace()):
        end += 1
    return not quoted.match("\n".join((found["value"], *lines[at + 1 : end])))


def _lost(source: str, lines: list[str]) -> dict[int, str]:
    """What was emptied, by the line with which it begins."""
    lost: dict[int, str] = {}
    begin = -1
    for at, (was, now) in enumerate(zip(source.split("\n"), lines, strict=True)):
        if now or not was:
            begin = -1
        elif begin < 0:
            begin, lost[at] = at, was
        else:
            lost[begin] += f"\n{was}"
    return lost


class _Mend(NamedTuple):
    """``apply`` changes the lines for the sake of the one that is at fault, or says that it cannot."""

    apply: Callable[[list[str], int], bool]
    done: str
    hint: str = ""


def _mend(lines: list[str], at: int, tried: Counter[int]) -> _Mend | None:
    """Does for a line the next thing that can be done; None when nothing is left to do."""
    for mend in _MENDS[tried[at] :]:
        tried[at] += 1
        if mend.apply(lines, at):
            return mend
    return None


def _without_tabs(lines: list[str], at: int) -> bool:
    """YAML takes no tab for indentation; whoever writes one writes many."""
    if not _TABBED.match(lines[at]):
        return False
    lines[:] = [_TABBED.sub(lambda indent: indent[0].replace("\t", "  "), line) for line in lines]
    return True


def _quote(lines: list[str], at: int) -> bool:
    """Puts the value into quotes, so that it stands for itself; one that goes on in the next line cannot be."""
    if not (found := _VALUED.fullmatch(lines[at])):
        return False
    value = found["value"].rstrip()
    quote = value[0] if value[0] in _QUOTED else ""
    if not quote and any(value.count(opener) != value.count(closer) for opener, closer in _BRACKETS):
        return False
    lines[at] = found["name"] + json.dumps(value.removeprefix(quote).removesuffix(quote), ensure_ascii=False)
    return True


def _dedent(lines: list[str], at: int) -> bool:
    if not _INDENTED.match(lines[at]):
        return False
    lines[at] = lines[at].lstrip()
    return True


def _leave_out(lines: list[str], at: int) -> bool:
    """Empties the line; if it names a field, with all of the field."""
    if not lines[at].strip():
        return False
    end = at + 1
    if _NAMED.match(lines[at]):
        while end < len(lines) and lines[end][:1] in {" ", "\t", "-", "]", "}"}:
            end += 1
    lines[at:end] = [""] * (end - at)
    return True


_MENDS = (
    _Mend(_without_tabs, "its tabs were taken for blanks", "indent with blanks"),
    _Mend(_quote, "its value was taken as it stands"),
    _Mend(_dedent, "it was taken without its indentation", "begin the line where the others begin"),
    _Mend(_leave_out, "it was left out"),
)
