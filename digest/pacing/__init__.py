"""How fast: limits of servers and domains, and how they give way to what servers say. Pure.

    Limits ──▶ Meter       what the configuration allows: nothing more goes in any minute, hour or day
    replies ──▶ Restraint  what a server or a domain has asked for: halved at once, regained step by step
    weights ──▶ may_take   which of several servers may have the next one

Moments are seconds on the caller's clock; each of these says how long to wait, and none of them waits.
"""

from digest.pacing.limits import DAY, HOUR, MINUTE, Gate, Grant, Limits, Meter
from digest.pacing.replies import is_rate_limit
from digest.pacing.restraint import Restraint
from digest.pacing.sharing import Share, may_take, warm_up

__all__ = [
    "DAY",
    "HOUR",
    "MINUTE",
    "Gate",
    "Grant",
    "Limits",
    "Meter",
    "Restraint",
    "Share",
    "is_rate_limit",
    "may_take",
    "warm_up",
]
