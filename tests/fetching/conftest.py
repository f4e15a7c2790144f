"""A web on loopback, and a fetcher that may go there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from digest.fetching import Fetcher, Limits
from tests.fetching.web import Web, https

Allowed = Callable[..., Fetcher]


@pytest.fixture(scope="module")
def server() -> Iterator[Web]:
    with https("pictures.example") as server:
        yield server


@pytest.fixture
def web(server: Web) -> Web:
    server.pages.clear()
    server.asked.clear()
    server.headers.clear()
    return server


@pytest.fixture
def allowed(web: Web) -> Allowed:
    """A fetcher that trusts our web and may go to loopback."""

    def fetcher(**limits: Any) -> Fetcher:
        return Fetcher(Limits(**{"allow_private": True, **limits}), ssl_context=web.client)

    return fetcher
