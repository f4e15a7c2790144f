"""The bell that is rung when something has changed: it counts, and wakes whoever waits for it."""

from __future__ import annotations

import asyncio


class Bell:
    """Belongs to one event loop; ``rung`` may be read from anywhere."""

    def __init__(self) -> None:
        self.rung = 1
        self.silenced = False
        self._next = asyncio.Event()

    def ring(self) -> None:
        self.rung += 1
        self._next.set()
        self._next = asyncio.Event()

    def silence(self) -> None:
        """The last ring: nobody is to wait any longer."""
        self.silenced = True
        self.ring()

    async def after(self, heard: int) -> int:
        """Returns the count as soon as it is another than the one that was ``heard``."""
        while self.rung == heard:
            await self._next.wait()
        return self.rung
