"""Documents held ready, as many as there is room for; those that nobody asked for in the longest time go first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock

from digest.archive.document import Document

ROOM = 64_000_000  # bytes: some hundred editions, packed and unpacked


class Memory:
    """May be asked by several threads at once."""

    def __init__(self, room: int = ROOM) -> None:
        self._left = room
        self._held: OrderedDict[Hashable, Document] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable) -> Document | None:
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
            return self._held.get(key)

    def keep(self, key: Hashable, document: Document) -> None:
        with self._lock:
            if key in self._held:
                return
            self._held[key] = document
            self._left -= _size(document)
            while self._left < 0:
                _, gone = self._held.popitem(last=False)
                self._left += _size(gone)


def _size(document: Document) -> int:
    return len(document.data) + len(document.packed or b"")
