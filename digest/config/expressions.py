"""Regular expressions that someone has written, and whether they come to an end on any text."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable
from importlib import import_module
from typing import Any

REPEATS = 3  # without a bound, one after the other: each multiplies the work by the length of the text

# The only parser that reads what ``re`` does; it is the same in all versions that are supported, and has no types.
_parse: Any = import_module("re._parser").parse
_REPEATING = ("MAX_REPEAT", "MIN_REPEAT")
_ENDLESS = 20  # so many times and more


def expression(text: str) -> str:
    """The expression itself. Raises ValueError for one that is none, or that may try for ever."""
    try:
        with warnings.catch_warnings(
            action="error"
        ):  # of what is written in a way that may come to mean something else
            re.compile(text)
            parsed = _parse(text)
    except (re.error, Warning, RecursionError, OverflowError) as error:
        raise ValueError(f"not a regular expression: {error}") from None
    if _is_ambiguous(parsed):
        raise ValueError(
            "repeats what itself holds a repetition or a choice, as (a+)+ does: on some titles that never ends"
        )
    if _repeats(parsed) > REPEATS:
        raise ValueError(f"has * or + more than {REPEATS} times: on some titles that takes very long")
    return text


def _is_ambiguous(pattern: Any) -> bool:
    """Whether a part that may be repeated can match one text in several ways: the work doubles with each letter."""
    return any(
        (name in _REPEATING and arguments[1] > 1 and _varies(arguments[2]))
        or any(map(_is_ambiguous, _parts(arguments)))
        for name, arguments in _steps(pattern)
    )


def _varies(pattern: Any) -> bool:
    return any(
        name == "BRANCH"
        or (name in _REPEATING and arguments[0] != arguments[1])
        or any(map(_varies, _parts(arguments)))
        for name, arguments in _steps(pattern)
    )


def _repeats(pattern: Any) -> int:
    """How many follow one another: of a choice, in one of its branches."""
    return sum(
        (name in _REPEATING and arguments[1] >= _ENDLESS)
        + (max if name == "BRANCH" else sum)(map(_repeats, _parts(arguments)))
        for name, arguments in _steps(pattern)
    )


def _steps(pattern: Any) -> Iterable[tuple[str, Any]]:
    return ((str(operator), arguments) for operator, arguments in pattern)


def _parts(arguments: Any) -> Iterable[Any]:
    """The patterns within a step, however deep its arguments hold them."""
    if hasattr(arguments, "pattern") or hasattr(arguments, "getwidth"):
        yield arguments
    elif isinstance(arguments, list | tuple):
        for argument in arguments:
            yield from _parts(argument)
