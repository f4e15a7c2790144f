"""From a mailbox into the record: fetched, read, recorded, and only then marked as read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from digest.bounces.ports import MailError, PostBox
from digest.bounces.recording import Recorder, Tally
from digest.errors import DigestError
from digest.model import Notice

AT_ONCE = 50  # mails in one transaction


@dataclass(frozen=True, slots=True)
class Collected:
    """How far it has come: mails done, of how many, what they told; and why some, which stay where they are, could not be had."""

    mails: int = 0
    waiting: int = 0
    tally: Tally = field(default_factory=Tally)
    left: tuple[str, ...] = ()


@dataclass(slots=True)
class _Fetched:
    """A batch as far as it could be had; ``broken`` is why there is no more of it, if there should be."""

    mails: list[str] = field(default_factory=list)
    contents: list[bytes] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    broken: DigestError | None = None


def collect(
    box: PostBox, recorder: Recorder, read: Callable[[bytes], Sequence[Notice]], now: datetime, *, keep: bool = True
) -> Iterator[Collected]:
    """Takes in what waits in the box, batch by batch; without ``keep`` neither the record nor the box is changed.

        fetch ─▶ read ─▶ COMMIT ─▶ mark

    A kill between the last two is harmless: what was recorded is known when it is read again. A mail that cannot be had
    stands in nobody's way. Raises TransportError, StoreError, DigestError, once what was fetched before is recorded.
    """
    waiting, done = box.waiting(), Collected()
    for start in range(0, len(waiting), AT_ONCE):
        batch = _fetched(box, waiting[start : start + AT_ONCE])
        notices = [notice for data in batch.contents for notice in read(data)]
        tally = done.tally + recorder.record(notices, now, keep=keep)
        done = Collected(done.mails + len(batch.mails), len(waiting), tally, (*done.left, *batch.left))
        unmarked = _marked(box, batch.mails) if keep and batch.mails else None
        yield done
        if error := batch.broken or unmarked:
            raise error
    if keep:
        recorder.let_go(now)


def _fetched(box: PostBox, mails: Sequence[str]) -> _Fetched:
    batch = _Fetched()
    for mail in mails:
        try:
            data = box.fetch(mail)
        except MailError as error:
            batch.left.append(error.message)
            continue
        except DigestError as error:
            batch.broken = error
            break
        batch.mails.append(mail)
        batch.contents += [data] if data is not None else []
    return batch


def _marked(box: PostBox, mails: Sequence[str]) -> DigestError | None:
    """Why they could not be marked; what was recorded is to be told first."""
    try:
        box.mark(mails)
    except DigestError as error:
        return error
    return None
