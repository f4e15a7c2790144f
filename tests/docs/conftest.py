"""The site of the journeys, for trying what the pages say about it."""

from tests.journeys.conftest import post_office, site

__all__ = ["post_office", "site"]
