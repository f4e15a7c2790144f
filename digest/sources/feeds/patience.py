"""When a feed is asked: what an answer, a fault or a plea for patience means for the next time.

asked ──200, 304──▶ answered      due after `every`, or later where it says that its answer stays new
  │  └──410───────▶ gone          never again, unless somebody names it
  ├──not allowed──▶ refused       as soon as it may be allowed
  └─────else──────▶ failed        due after `every`, twice that, four times that, up to a day
                                  and not before the moment that it names itself (Retry-After)
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial

from digest.model import Fault, FeedState, Problem

LONGEST_PAUSE = timedelta(days=1)  # between two questions to a feed that fails, unless `every` is longer
LONGEST_STRETCH = timedelta(hours=6)  # that an answer may call itself new, likewise
LONGEST_PATIENCE = timedelta(days=7)  # that a server may ask for

_MAX_AGE = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?(\d{1,9})", re.IGNORECASE)
_SECONDS = re.compile(r"\d+", re.ASCII)
_DIGITS = 10  # of seconds, which are three hundred years
SHOWN = 200  # characters of a fault
_VALIDATOR = 500  # characters of one that is remembered: it goes out again with every question
_DOUBLED = 64  # times at most: any pause has reached its longest by then


def is_due(
    state: FeedState, now: datetime, every: timedelta, *, everything: bool = False, even_gone: bool = False
) -> bool:
    """Whether it is asked now; ``everything`` does not wait for its time, only for the moment that it named itself.

    A time that lies further off than any pause does was set by a clock that went wrong.
    """
    if state.gone:
        return even_gone
    if state.not_before is not None and now < state.not_before <= now + LONGEST_PATIENCE:
        return False
    return everything or state.due is None or not now < state.due <= now + max(every, LONGEST_PATIENCE)


def answered(state: FeedState, now: datetime, every: timedelta, cache_control: str = "") -> FeedState:
    """After an answer that could be read, or that nothing is new."""
    due = now + max(every, min(_age(cache_control), LONGEST_STRETCH))
    return replace(state, asked=now, answered=now, due=due, not_before=None, failures=0, fault="", gone=False)


def failed(state: FeedState, fault: str, now: datetime, every: timedelta, retry_after: str = "") -> FeedState:
    """After no answer, or one that is none. The next time all of it is asked for, where digest.toml says it is: it may
    have moved back.
    """
    not_before = now + patience(retry_after, now) if retry_after else None
    return replace(
        state,
        address=state.url,
        etag="",
        modified="",
        asked=now,
        due=max(now + pause(state.failures + 1, every), not_before or now),
        not_before=not_before,
        failures=state.failures + 1,
        fault=fault[:SHOWN],
        gone=False,
    )


def refused(state: FeedState, fault: str, now: datetime) -> FeedState:
    """After it was not asked because it may not be: that can be allowed at any moment."""
    return replace(failed(state, fault, now, timedelta(1)), due=None)


def gone(state: FeedState, fault: str, now: datetime) -> FeedState:
    """After it said that it never comes back."""
    return replace(state, asked=now, due=None, failures=state.failures + 1, fault=fault, gone=True)


def pause(failures: int, every: timedelta) -> timedelta:
    """How long to leave a feed alone that failed so many times in a row."""
    longest = max(every, LONGEST_PAUSE)
    return min(longest, every * min(2.0 ** min(failures - 1, _DOUBLED), longest / every))


def patience(retry_after: str, now: datetime) -> timedelta:
    """How long a server asks to be left alone (RFC 9110, 10.2.3): it says seconds or a date. Nonsense is no time."""
    said = retry_after.strip()
    if _SECONDS.fullmatch(said):
        wait = timedelta(seconds=int(said.lstrip("0")[:_DIGITS] or 0))
    else:
        try:
            moment = parsedate_to_datetime(said)
            wait = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now
        except (ValueError, OverflowError):
            wait = timedelta()
    return max(timedelta(), min(wait, LONGEST_PATIENCE))


def remembered(validator: str) -> str:
    """An ETag or a Last-Modified that can be sent back as it came, "" for one that cannot."""
    return validator if validator.isascii() and validator.isprintable() and len(validator) <= _VALIDATOR else ""


def problem(state: FeedState, name: str, now: datetime, dead: timedelta) -> Problem | None:
    """What is wrong with a feed, if anything is; ``name`` is what it is called."""
    told = partial(Problem, name, fault=Fault.FEED)
    if state.gone:
        return told(state.fault, "take it out of digest.toml")
    if not state.failures:
        return None
    if is_refused(state):
        return told(state.fault, "set feeds.allow_private if it is a feed of your own house")
    if state.answered and now - state.answered < dead:
        return told(state.fault, "it is asked again; what it held before is still known")
    since = (
        f"it has given no answer since {state.answered:%Y-%m-%d}" if state.answered else "it has never given an answer"
    )
    if state.not_before:
        return told(
            f"{since}: {state.fault}",
            f"it asks for patience, and is left alone until {state.not_before:%Y-%m-%d %H:%M} UTC",
        )
    mend = "mend its address in digest.toml, or take it out" if state.answered else "check its address in digest.toml"
    return told(f"{since}: {state.fault}", mend)


def is_refused(state: FeedState) -> bool:
    """Whether the last time it was not asked because it may not be."""
    return bool(state.failures) and state.due is None and not state.gone


def _age(cache_control: str) -> timedelta:
    found = _MAX_AGE.search(cache_control)
    return timedelta(seconds=int(found[1])) if found else timedelta()
