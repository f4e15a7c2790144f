"""Who takes how many: several servers beside each other, and a new one from day to day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import log

SLACK = 20  # messages that a server may be ahead of its share, so that none waits for another's answer
MOST = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Share:
    """A server's weight, and what it has taken since the servers that share were last others."""

    weight: float
    taken: int


def may_take(name: str, shares: Mapping[str, Share]) -> bool:
    """Whether the server of that name may have the next message.

    Without a weight always; those with one keep to their proportion of what the weighted ones in ``shares`` take
    together. Some one of them always may. Leave out who cannot take any now, and begin to count anew with whoever
    comes back: otherwise all would wait until it has made up for its absence.
    """
    own = shares[name]
    if not own.weight:
        return True
    weighted = [share for share in shares.values() if share.weight]
    proportion = own.weight / sum(share.weight for share in weighted)
    together = sum(share.taken for share in weighted)
    return own.taken < (together + 1) * proportion + SLACK


def warm_up(first: int, factor: float, day: int) -> int:
    """Messages that a new server may send on a day of its use, 0 for the first: ``first``, times ``factor`` each day."""
    if first <= 0:
        return 0
    day = max(day, 0)  # a clock set back makes a server no newer than new
    if log(first) + day * log(factor) >= log(MOST):
        return MOST
    return int(round(first * factor**day, 6))  # 100 * 1.15 is 115, not the 114.999… of binary fractions
