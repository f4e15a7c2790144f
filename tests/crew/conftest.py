"""The site of the journeys, sent by three processes at once."""

from __future__ import annotations

import pytest

from tests.journeys.conftest import Site, post_office
from tests.journeys.conftest import site as small_site
from tests.journeys.steps import configure

__all__ = ["post_office", "small_site"]

PROCESSES = 3
CONNECTIONS = 6  # two for each process
WINDOW = 2


@pytest.fixture
def site(small_site: Site) -> Site:
    configure(small_site, "connections = 3", f"connections = {CONNECTIONS}")
    configure(small_site, "[delivery]", f"[delivery]\nprocesses = {PROCESSES}\nbatch = 20\nwindow = {WINDOW}")
    return small_site
