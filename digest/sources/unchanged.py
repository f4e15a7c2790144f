"""What was read of a file or a folder is known for as long as its times stay the same, in a process of any age."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

Known = TypeVar("Known")

# File systems count time in steps of up to two seconds (FAT). Within the step in which it was read, a file or a folder
# may change once more without another time.
SETTLED = 2 * 10**9  # nanoseconds


def while_unchanged(maxsize: int) -> Callable[[Callable[..., Known]], Callable[..., Known]]:
    """Makes a reader of a path (its first argument) remember what it read of so many of them.

    It raises OSError where there is nothing at the path.
    """

    def remembering(read: Callable[..., Known]) -> Callable[..., Known]:
        @lru_cache(maxsize=maxsize)
        def known(_times: tuple[int, int, int], *words: str) -> Known:
            return read(*words)

        def reader(path: str, *words: str) -> Known:
            status = os.stat(path)  # noqa: PTH116 - for each article; a Path would take longer than the look
            last = max(status.st_mtime_ns, status.st_ctime_ns)
            if last > time.time_ns() - SETTLED:
                return read(path, *words)
            return known((status.st_mtime_ns, status.st_ctime_ns, status.st_size), path, *words)

        return reader

    return remembering
