"""Messages that no ledger of deliveries knows of: tests to oneself, words to the operator, letters to one person."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence

from digest.errors import TransportError
from digest.model import Delivery, DeliveryStatus, Message, Reply
from digest.sending.ports import Connection, Parcel, Transport


class _Envelopes:
    """A bag (``digest.sending.ports.Bag``) of ready messages, each of which may leave."""

    def __init__(self, messages: Sequence[Message], told: Callable[[Message, Reply], None]) -> None:
        self._messages = deque(messages)
        self._told = told

    def take(self) -> Parcel | None:
        if not self._messages:
            return None
        granted: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        granted.set_result(True)
        message = self._messages.popleft()
        nobody = Delivery(0, 0, 0, 0, message.to, "", DeliveryStatus.HANDING)
        return Parcel(nobody, "", message, granted, lambda: True)

    def said(self, parcel: Parcel, reply: Reply) -> None:
        self._told(parcel.message, reply)

    def untouched(self, parcel: Parcel, blamed: Reply | None = None) -> None:
        """The error that is raised tells of it."""


async def hand_over(
    transports: Sequence[Transport], messages: Sequence[Message], told: Callable[[Message, Reply], None]
) -> None:
    """Gives them to the first server that can be reached; ``told`` hears each answer. Raises TransportError."""
    connection = await reach(transports)
    try:
        await give(connection, messages, told)
    finally:
        await connection.close()


async def give(connection: Connection, messages: Sequence[Message], told: Callable[[Message, Reply], None]) -> None:
    """Gives them to one server; of what it never heard, as the connection is used up, nothing is told. Raises TransportError."""
    await connection.carry(_Envelopes(messages, told))


async def reach(transports: Sequence[Transport]) -> Connection:
    """The first server that can be reached. Raises TransportError."""
    *others, last = transports
    for transport in others:
        try:
            return await transport.connect()
        except TransportError:
            continue
    return await last.connect()
