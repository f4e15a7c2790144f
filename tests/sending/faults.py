"""What a server may do at one moment, for scripts that chance writes."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from hypothesis import strategies as st

from tests.sending.server import CHUNKING, CUT, FINAL, HANG, Answer, Moment, Then, cut_in_body, say

BEFORE = (
    say("450 4.2.0 later"),
    say("451 4.7.1 slow down"),
    say("550 5.7.1 policy"),
    say("550 5.1.1 no such user"),
    say("552 5.4.5 daily quota"),
    say("530 5.7.0 log in first"),
    say("421 4.3.2 closing"),
    say("421 4.3.2 closing", Then.CUT),
    say("999 ?"),
    say("noise"),
    say("451", Then.CUT),
    say("250-one\r\n250 two", pieces=1),
    CUT,
    HANG,
)
AFTER = (
    say("450 4.2.0 later"),
    say("451 4.3.0 later", Then.CUT),
    say("550 5.7.1 policy"),
    say("550 5.1.1 no such user"),
    say("552 5.4.5 daily quota"),
    say("250-2.0.0 taken\r\n250 2.0.0 as A1", pieces=3),
    say("250 2.0.0 taken", Then.CUT),
    say("421 4.3.2 closing", Then.CUT),
    say("421 4.3.2 closing"),
    say("250 2.0.0 taken\r\n421 4.4.2 idle for too long", Then.CUT),
    say("399 ?"),
    say("noise"),
    Answer(b"250 2.0.0 tak", Then.CUT),
    CUT,
    HANG,
)
# One answer too many. In chunks nobody can tell it from the next one: see docs/delivery.md.
TOO_MANY = (
    ("MAIL", say("250 2.1.0 ok\r\n250 2.1.0 ok")),
    ("RCPT", say("250 2.1.5 ok\r\n250 2.1.5 ok")),
    ("DATA", say("354 go on\r\n250 2.0.0 taken")),
    (FINAL, say("250 2.0.0 taken\r\n250 2.0.0 and once more")),
)
Fault = tuple[str, Answer]  # at which stage


def faults(dialogue: str) -> st.SearchStrategy[Fault]:
    """One thing that may go wrong in a transaction."""
    body = "BDAT" if dialogue == CHUNKING else "DATA"
    envelope = {"MAIL", "RCPT", "DATA", "RSET"} - ({"DATA"} if dialogue == CHUNKING else set())
    found = (
        st.tuples(st.sampled_from(sorted(envelope)), st.sampled_from(BEFORE))
        | st.tuples(st.just(body), st.integers(1, 300).map(lambda read: cut_in_body(body, read)))
        | st.tuples(st.just(FINAL), st.sampled_from(AFTER))
    )
    return found if dialogue == CHUNKING else found | st.sampled_from(TOO_MANY)


class Faulty:
    """A script: each reader's faults one after the other; ``before`` is told of each moment first."""

    def __init__(self, faults: dict[str, Iterable[Fault]], before: Callable[[Moment], None] = lambda _: None) -> None:
        self._left = {who: list(theirs) for who, theirs in faults.items()}
        self._before = before

    def __call__(self, moment: Moment) -> Answer | None:
        self._before(moment)
        left = self._left.get(moment.to)
        if left and left[0][0] == moment.stage:
            return left.pop(0)[1]
        return None
