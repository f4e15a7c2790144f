"""What the connections of one run share: the deliveries that wait, the journal, and the judgement of what servers say."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from digest.delivery import Policy, after, bounce, is_about_us, is_dead_mailbox
from digest.errors import AddressError
from digest.model import Delivery, DeliveryStatus, Message, Outcome, Reply, Stage
from digest.pacing import is_rate_limit
from digest.sending.journal import Journal
from digest.sending.ports import Clock, Parcel, Watch
from digest.sending.relay import Outlet
from digest.sending.server import NOT_ASCII
from digest.sending.waiting import Waiting, domain_of

TIMES_GUILTY = 3  # a line that breaks over the same message again and again is no accident


class Work:
    """Gives out messages and takes back what became of them. Each that was given out is recorded as one thing, once."""

    def __init__(
        self,
        write: Callable[[Delivery], Message],
        *,
        waiting: Waiting,
        journal: Journal,
        outlets: Mapping[str, Outlet],
        policy: Policy,
        lease: timedelta,
        clock: Clock,
        watch: Watch,
    ) -> None:
        self._write = write
        self._waiting = waiting
        self._journal = journal
        self._outlets = outlets
        self._policy = policy
        self._lease = lease
        self._clock = clock
        self._watch = watch
        self._accepted = 0
        # Deliveries that a line broke over, and domains at which a server hung up -> how many had been accepted then.
        self._troubled: dict[int | str, int] = {}
        self._broken: Counter[int] = Counter()  # how often lines broke over a delivery

    def troubled(self, delivery: Delivery) -> bool:
        """Whether a line broke over this one, or its like: it must not stand in the way of the others."""
        return delivery.id in self._troubled or domain_of(delivery) in self._troubled

    def take(self, outlet: Outlet) -> Parcel | None:
        """The next message for a server. Raises what writing it raises; then nothing of it has left."""
        now = self._clock.now()
        moment = now.timestamp()
        ascii_only = self.is_for_ascii_only(outlet)
        while outlet.wait(moment, self._outlets) <= 0:
            if (claimed := self._waiting.take(moment, ascii_only=ascii_only)) is None:
                break
            outlet.take(moment)
            delivery, token = claimed
            granted = self._journal.hand_over(delivery.id, token, outlet.name)
            parcel = Parcel(delivery, token, _NOTHING, granted, partial(self._in_time, now), moment)
            try:
                parcel.message = self._write(delivery)
            except AddressError as error:
                self.said(parcel, Reply(553, f"5.1.3 {error.message}", Stage.RCPT, "digest"), outlet)
            except BaseException:
                self.untouched(parcel, outlet)
                raise
            else:
                return parcel
        return None

    def is_for_ascii_only(self, outlet: Outlet) -> bool:
        """Whether another server takes what this one does not: addresses that are not ASCII."""
        return outlet.takes_utf8 is False and any(
            one.can_take and one.takes_utf8 is not False for one in self._outlets.values()
        )

    def _others_may_take_utf8(self) -> bool:
        return any(one.takes_utf8 is not False for one in self._outlets.values())

    def said(self, parcel: Parcel, reply: Reply, outlet: Outlet) -> None:
        """A server's word on a message, or that there is a doubt."""
        delivery, now, chance = parcel.delivery, self._clock.now(), self._clock.chance()
        moment = now.timestamp()
        if outlet.takes_utf8 is False and reply.text.startswith(NOT_ASCII) and self._others_may_take_utf8():
            reply = Reply(450, f"4.6.7 another server may take it; this one: {reply}", reply.stage, reply.server)
        if outlet.heard(delivery, reply, moment, chance):
            self._watch.slowed(outlet.name, str(reply))
        self._spare(delivery, reply)
        self._waiting.done(delivery)
        outcome = self._judged(parcel, reply, now)
        if outcome.delivery.status is DeliveryStatus.ACCEPTED:
            self._accepted += 1
            self._troubled.pop(domain_of(delivery), None)
            self._waiting.accepted(delivery, moment)
        self._record(outcome, parcel.granted)

    def untouched(self, parcel: Parcel, outlet: Outlet, blamed: Reply | None = None) -> None:
        """Nothing of it has left: nobody's attempt, unless lines break over this one, or its domain, again and again
        while others are accepted.
        """
        outlet.take_back(parcel.taken, self._clock.now().timestamp())
        outcome = Outcome(replace(parcel.delivery, status=DeliveryStatus.QUEUED), parcel.token)
        if blamed is not None:
            is_about_the_domain = self._spare(parcel.delivery, blamed)
            if self._is_guilty(parcel.delivery, blamed, with_domain=is_about_the_domain):
                outcome = self._judged(parcel, blamed, self._clock.now())
        self._waiting.done(parcel.delivery)
        self._record(outcome, parcel.granted)

    def _is_guilty(self, delivery: Delivery, blamed: Reply, *, with_domain: bool) -> bool:
        """Whether others were accepted since a line broke over this delivery before, or a server hung up at its domain;
        or whether lines break over it alone, however few others there are to tell by.
        """
        if not is_about_us(blamed):
            self._broken[delivery.id] += 1
        if self._broken[delivery.id] >= TIMES_GUILTY:
            return True
        suspects = (delivery.id, domain_of(delivery)) if with_domain else (delivery.id,)
        guilty = any(self._accepted > self._troubled.get(suspect, self._accepted) for suspect in suspects)
        self._troubled[delivery.id] = self._accepted
        for suspect in suspects:
            self._troubled.setdefault(suspect, self._accepted)
        return guilty

    def _spare(self, delivery: Delivery, reply: Reply) -> bool:
        """The domain gets less for a while, if that is what was said; whether it was."""
        if not is_rate_limit(reply.code, reply.text):
            return False
        if self._waiting.slowed(delivery, self._clock.now().timestamp(), self._clock.chance()):
            self._watch.slowed(domain_of(delivery), str(reply))
        return True

    def _judged(self, parcel: Parcel, reply: Reply, now: datetime) -> Outcome:
        judged = after(parcel.delivery, reply, now, self._policy, self._clock.chance())
        suppress = str(reply) if is_dead_mailbox(reply) else ""
        return Outcome(judged, parcel.token, reply.server, suppress, bounce(parcel.delivery, reply))

    def _record(self, outcome: Outcome, granted: asyncio.Future[bool]) -> None:
        """Once the ledger knows of the hand-over: before that it would not believe an outcome."""
        if not granted.done():
            granted.add_done_callback(partial(self._record, outcome))
        elif granted.exception() is not None:  # it is claimed still, and goes back with the rest
            self._waiting.put([(outcome.delivery, outcome.token)])
        elif granted.result():
            self._journal.put(outcome)

    def _in_time(self, asked: datetime) -> bool:
        """A sender may have slept past its lease meanwhile."""
        return self._clock.now() - asked < self._lease


_NOTHING = Message("", "", "", ())
