"""What limits allow is shared by workers that know nothing of each other."""

from __future__ import annotations

from contextlib import AsyncExitStack, ExitStack

from tests.cluster.conftest import PEOPLE, Books, Working
from tests.cluster.test_processes import ended
from tests.journeys.conftest import PostOffice, Site
from tests.journeys.steps import configure, heard, started

ALLOWED = 30
WORKERS = 2


def test_a_server_is_given_no_more_than_its_limit_by_all_of_them(
    site: Site, post_office: PostOffice, books: Books
) -> None:
    configure(site, "connections = 3", f"connections = 3\nper_hour = {ALLOWED}")
    with ExitStack() as stack:
        workers = [stack.enter_context(started(site.start("worker"))) for _ in range(WORKERS)]
        for worker in workers:
            heard(worker, "event=spent")
        assert [ended(worker)[0] for worker in workers] == [0] * WORKERS
    assert len(post_office.messages) == ALLOWED
    assert books.statuses == {"accepted": ALLOWED, "queued": len(PEOPLE) - ALLOWED}


async def test_a_domain_is_given_no_more_than_its_limit_by_all_of_them(
    site: Site, working: Working, post_office: PostOffice, books: Books
) -> None:
    configure(site, "[delivery]", f'[delivery]\ndomains = {{ "example.org" = {{ per_hour = {ALLOWED} }} }}')
    async with AsyncExitStack() as stack:
        for _ in range(WORKERS):
            await stack.enter_async_context(working())
        settled = "deliveries WHERE status = 'accepted' OR due > '2025-12-08 08:30'"  # put off until they may go
        await books.until(lambda: books.count(settled) == len(PEOPLE))
    # What one of them has fetched when its last slice ends is left for whoever asks next.
    taken = len(post_office.messages)
    assert ALLOWED - WORKERS <= taken <= ALLOWED
    assert books.statuses == {"accepted": taken, "queued": len(PEOPLE) - taken}
