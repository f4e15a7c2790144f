"""Pictures drawn for the occasion, and a web on loopback to put them on."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Pixels
from PIL import ImageDraw

from digest.fetching import Fetcher, Limits
from digest.model import Cover, Image, Problem
from digest.pictures.gallery import Gallery
from tests.fetching.web import Web, https

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 100">{}</svg>'
SQUARE = SVG.format('<rect width="50" height="50" fill="red"/>').encode()


def photo(size: tuple[int, int] = (1600, 900), kind: str = "JPEG", seed: int = 1, **options: Any) -> bytes:
    """A picture of many colours, no two seeds alike."""
    gradient = Pixels.merge("RGB", [Pixels.linear_gradient("L").rotate(turn * seed) for turn in (0, 35, 80)])
    return saved(gradient.resize(size), kind, **options)


def chart(size: tuple[int, int] = (1600, 900), kind: str = "PNG") -> bytes:
    """A few bars on white."""
    picture = Pixels.new("RGB", size, "white")
    for place, height in enumerate((300, 500, 200, 700)):
        ImageDraw.Draw(picture).rectangle((place * 300 + 50, size[1] - height, place * 300 + 250, size[1]), "navy")
    return saved(picture, kind)


def saved(picture: Pixels.Image, kind: str, **options: Any) -> bytes:
    file = BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def opened(data: bytes) -> Pixels.Image:
    picture = Pixels.open(BytesIO(data))
    picture.load()
    return picture


def hung(gallery: Gallery, *images: Image) -> tuple[list[Cover | None], list[Problem]]:
    """The covers of articles a.md, b.md, … with these images, and the problems."""
    covers, problems = gallery.hang((f"{chr(97 + place)}.md", image) for place, image in enumerate(images))
    return [covers[image] for image in images], list(problems)


@pytest.fixture(scope="session")
def server() -> Iterator[Web]:
    with https() as server:
        yield server


@pytest.fixture
def web(server: Web) -> Web:
    server.pages.clear()
    server.asked.clear()
    return server


@pytest.fixture
def fetcher(web: Web) -> Fetcher:
    return Fetcher(Limits(allow_private=True, maximum=1_000_000), ssl_context=web.client)


@pytest.fixture
def shelf(tmp_path: Path) -> Any:
    """Puts bytes into a file, and gives the image that an article would name."""

    def put(data: bytes, name: str = "cover.jpg") -> Image:
        (tmp_path / name).write_bytes(data)
        return Image("", str(tmp_path / name))

    return put
