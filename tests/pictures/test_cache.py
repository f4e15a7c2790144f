"""What is remembered of the web, and for how long."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.fetching import Fetcher
from digest.model import Image
from digest.pictures.cache import Cache
from digest.pictures.gallery import Gallery, Mode
from tests.fetching.web import Web
from tests.pictures.conftest import hung, photo

HOUR, DAY = 3600, 86_400


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache/pictures"


@pytest.fixture
def gallery(fetcher: Fetcher, folder: Path) -> Gallery:
    return Gallery(Mode.LINK, fetcher=fetcher, cache=folder)


def age(folder: Path, seconds: float) -> None:
    """Makes all that is kept that much older."""
    for file in folder.iterdir():
        os.utime(file, (time.time() - seconds,) * 2)


def test_a_second_look_asks_nobody(web: Web, gallery: Gallery):
    image = Image(web.put("/a.jpg", photo()))
    first = hung(gallery, image)
    assert hung(gallery, image) == first
    assert len(web.asked) == 1


def test_after_a_week_it_is_asked_again(web: Web, gallery: Gallery, folder: Path):
    image = Image(web.put("/a.jpg", photo((100, 50))))
    hung(gallery, image)
    web.put("/a.jpg", photo((60, 40)))
    age(folder, 6.9 * DAY)
    assert hung(gallery, image)[0][0].small.width == 100
    age(folder, 7.1 * DAY)
    assert hung(gallery, image)[0][0].small.width == 60


def test_an_old_answer_is_better_than_none(web: Web, gallery: Gallery, folder: Path):
    image = Image(web.put("/a.jpg", photo((100, 50))))
    hung(gallery, image)
    age(folder, 8 * DAY)
    web.put("/a.jpg", status=503)
    (cover,), problems = hung(gallery, image)
    assert (cover.small.width, problems) == (100, [])
    web.put("/a.jpg", status=410)
    assert hung(gallery, image)[0] == [None]


def test_what_was_not_there_is_asked_again_after_an_hour(web: Web, gallery: Gallery, folder: Path):
    image = Image(web.url("/a.jpg"))
    assert hung(gallery, image)[0] == [None]
    web.put("/a.jpg", photo())
    age(folder, 0.9 * HOUR)
    assert hung(gallery, image)[0] == [None]
    age(folder, 1.1 * HOUR)
    assert hung(gallery, image)[0] != [None]


def test_a_server_s_trouble_is_not_remembered(web: Web, gallery: Gallery):
    image = Image(web.put("/a.jpg", status=503))
    hung(gallery, image)
    web.put("/a.jpg", photo((100, 50)))
    assert hung(gallery, image)[0][0].small.width == 100


def test_what_nobody_asked_for_in_a_month_is_removed(web: Web, gallery: Gallery, folder: Path):
    hung(gallery, Image(web.put("/a.jpg", photo())))
    age(folder, 31 * DAY)
    (folder / "notes.txt").write_text("not ours")
    age(folder, 31 * DAY)
    hung(gallery, Image(web.put("/b.jpg", photo())))
    assert len(list(folder.glob("*.answer"))) == 1
    assert (folder / "notes.txt").exists()


@pytest.mark.parametrize("broken", [b"", b"{}", b"null\n", b"[" * 100_000, b"\xff\n\xff"])
def test_a_broken_file_is_passed_over_and_replaced(web: Web, gallery: Gallery, folder: Path, broken: bytes):
    image = Image(web.put("/a.jpg", photo()))
    hung(gallery, image)
    (file,) = folder.iterdir()
    good = file.read_bytes()
    for content in (broken, good[:-10], good.replace(b'"status": 200', b'"status": "x"')):
        file.write_bytes(content)
        web.asked.clear()
        assert hung(gallery, image)[0] != [None]
        assert len(web.asked) == 1
        assert file.read_bytes() == good


def test_a_folder_that_cannot_be_written_stops_nothing(web: Web, fetcher: Fetcher, tmp_path: Path):
    (tmp_path / "file").write_bytes(b"")
    gallery = Gallery(Mode.LINK, fetcher=fetcher, cache=tmp_path / "file/cache")
    assert hung(gallery, Image(web.put("/a.jpg", photo())))[0] != [None]


@given(url=st.text(), data=st.binary(), status=st.sampled_from([200, 404]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_kept_is_found_again(tmp_path: Path, url: str, data: bytes, status: int):
    cache = Cache(tmp_path)
    cache.keep(url, status, "image/png", data)
    found = cache.find(url)
    assert (found.status, found.data, found.fresh) == (status, data, True)
    assert not list(tmp_path.glob("*.answer.*"))
