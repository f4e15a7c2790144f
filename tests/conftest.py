from __future__ import annotations

import pytest

from tests.postgres import server


@pytest.fixture(scope="session")
def postgres() -> str:
    """The URL of a PostgreSQL server's own database; it is started by the first test that asks."""
    return server()
