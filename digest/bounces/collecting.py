"""From a mailbox into the record: fetched, read, recorded, and only then marked as read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from digest.bounces.ports import PostBox
from digest.bounces.reading import read
from digest.bounces.recording import Recorder, Tally
from digest.links import Signer

AT_ONCE = 50  # mails in one transaction


@dataclass(frozen=True, slots=True)
class Collected:
    """How far it has come: mails done, of how many, and what they told."""

    mails: int = 0
    waiting: int = 0
    tally: Tally = field(default_factory=Tally)


def collect(
    box: PostBox, recorder: Recorder, signer: Signer, now: datetime, *, keep: bool = True
) -> Iterator[Collected]:
    """Takes in what waits in the box, batch by batch; without ``keep`` neither the record nor the box is changed.

        fetch ─▶ read ─▶ COMMIT ─▶ mark

    A kill between the last two is harmless: what was recorded is known when it is read again. Raises TransportError,
    StoreError, DigestError.
    """
    waiting, tally = box.waiting(), Tally()
    for start in range(0, len(waiting), AT_ONCE):
        batch = waiting[start : start + AT_ONCE]
        notices = [notice for data in map(box.fetch, batch) if data is not None for notice in read(data, signer)]
        tally += recorder.record(notices, now, keep=keep)
        if keep:
            box.mark(batch)
        yield Collected(start + len(batch), len(waiting), tally)
    if keep:
        recorder.let_go(now)
