"""When two addresses show one photo."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.pictures.photos import Photos, without_sizes


@pytest.mark.parametrize(
    ("url", "photo"),
    [
        (
            "https://Images.example.org/p-1?w=80&h=40&fit=crop&q=80&auto=format&ixid=M3w&s=ab",
            "https://images.example.org/p-1",
        ),
        ("https://example.org/p?id=7&W=80&dpr=2", "https://example.org/p?id=7"),
        ("https://example.org/p?b=1&a=%20&b=2#top", "https://example.org/p?b=1&a=%20&b=2"),
        ("https://example.org/P.jpg", "https://example.org/P.jpg"),
        ("https://[half", "https://[half"),
        ("", ""),
    ],
)
def test_the_size_that_is_asked_for_makes_no_other_photo(url: str, photo: str):
    assert without_sizes(url) == photo


@given(st.text())
def test_any_text_has_one_name(url: str):
    once = without_sizes(url)
    assert Photos().name(url, "content") == Photos().name(url, "content")
    assert isinstance(once, str)


def test_a_photo_is_known_by_its_address_and_by_its_content():
    photos = Photos()
    first = photos.name("https://example.org/p?w=1", "sha256:1")
    assert photos.name("https://example.org/p?w=2", "sha256:2") == first
    assert photos.name("https://elsewhere.example/copy", "sha256:2") == first
    assert photos.name("", "sha256:1") == first
    assert photos.name("https://example.org/other", "sha256:3") != first
