"""What long-lived commands tell of themselves to machines: metrics and health, on an address that is for nobody else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from digest.app import App


@contextmanager
def telling(app: App, address: str, facts: Callable[[], tuple[bool, dict[str, object]]]) -> Iterator[None]:
    """Tells them at an ``address`` while it lasts; nothing where there is none. Raises UsageError."""
    if not address:
        yield
        return
    from digest import metrics
    from digest.cli.status import jobs_of
    from digest.scheduler.logged import log
    from digest.status import numbers, status

    jobs = jobs_of(app.config.database.url)
    with metrics.told(address, lambda: numbers(status(app, jobs)), facts) as url:
        log.info("telling", extra={"metrics": f"{url}/metrics", "health": f"{url}/health"})
        yield
