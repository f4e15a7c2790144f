"""Comments in an edition's file: no part of the list, but for what it keeps in them for itself."""

from __future__ import annotations

from collections.abc import Iterable

from digest.editing.faults import Faults

_BEGIN, _END = "<!--", "-->"
_PROPOSED = "proposed:"


def parted(lines: Iterable[tuple[int, str]], faults: Faults) -> tuple[list[tuple[int, str]], list[str]]:
    """The lines outside of comments, and what the comments say. Each begins at the beginning of a line."""
    outside: list[tuple[int, str]] = []
    comments: list[str] = []
    opened, said = 0, ""
    for number, line in lines:
        if line.lstrip().startswith(_BEGIN):
            _check_ended(opened, faults)
            opened, said = number, ""
        if not opened:
            outside.append((number, line))
            continue
        inside, end, behind = line.partition(_END)
        said += f"{inside}\n"
        if behind.strip():
            faults.add(number, f"what stands behind {_END} would be lost: write it into a line of its own")
        if end:
            comments.append(said.strip().removeprefix(_BEGIN).strip())
            opened = 0
    _check_ended(opened, faults)
    return outside, comments


def _check_ended(opened: int, faults: Faults) -> None:
    if opened:
        faults.add(opened, f"this comment never ends: close it with {_END}")


def proposed(comments: Iterable[str]) -> dict[str, str]:
    """What stands for the articles that were proposed, each with what stands for its text, or "" where it had none."""
    lists = (said.removeprefix(_PROPOSED).split() for said in comments if said.startswith(_PROPOSED))
    return {name: text for marks in lists for name, _, text in (mark.partition(":") for mark in marks)}


def is_whole(text: str) -> bool:
    """Whether it ends as a list is written, with the comment that says what was proposed."""
    _, comment, last = text.rstrip().rpartition(_BEGIN)
    return bool(comment) and last.lstrip().startswith(_PROPOSED) and last.endswith(_END)
