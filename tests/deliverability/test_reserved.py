from __future__ import annotations

import pytest

from digest.deliverability.reserved import is_reserved


@pytest.mark.parametrize(
    "host",
    [
        "example.org",
        "EXAMPLE.COM.",
        "www.example.net",
        "news.example",
        "a.b.test",
        "localhost",
        "x.localhost",
        "invalid",
    ],
)
def test_names_for_examples_are_nobodys(host: str) -> None:
    assert is_reserved(host)


@pytest.mark.parametrize(
    "host", ["myexample.org", "example.de", "example.org.uk", "test.com", "latest", "127.0.0.1", ""]
)
def test_other_names_may_be_somebodys(host: str) -> None:
    assert not is_reserved(host)
