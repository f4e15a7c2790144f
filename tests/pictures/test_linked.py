"""Covers that stay where they are on the web: which are linked, which are left out, and what is told."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image as Pixels

from digest.errors import FetchError, UnknownHostError
from digest.fetching import Fetched, Fetcher, Limits
from digest.model import Image, Picture, Problem
from digest.pictures import finding
from digest.pictures.gallery import Gallery, Mode
from tests.fetching.web import Web, line
from tests.pictures.conftest import SQUARE, hung, photo, saved


def linking(fetcher: object = None) -> Gallery:
    return Gallery(Mode.LINK, fetcher=fetcher, cache=None)  # type: ignore[arg-type] # fakes have the one method


# --- where nothing is fetched --------------------------------------------------------------------------------------


def test_an_address_is_linked_byte_for_byte_with_the_size_that_it_claims():
    url = "https://images.example.org/p?w=400&h=200&fit=crop&copy=2#%20"
    (cover,), problems = hung(linking(), Image(url, "", 400, 200))
    assert cover.small == cover.large == Picture(url, 400, 200)
    assert problems == []


def test_a_file_without_an_address_cannot_be_linked():
    covers, problems = hung(linking(), Image("", "/content/ferry.jpg", 9, 9), Image("http://example.org/a.png"))
    assert covers == [None, None]
    assert problems == [
        Problem("a.md", "the cover image ferry.jpg has no https address to link", 'set `images = "embed"` or "host"'),
        Problem(
            "b.md",
            "the cover image http://example.org/a.png has an address without https",
            "serve it by https",
        ),
    ]


@pytest.mark.parametrize(("name", "who"), [("a.svg", "Gmail"), ("a.AVIF?w=3", "Outlook")])
def test_what_mail_programs_do_not_show_is_known_by_its_name(name: str, who: str):
    (cover,), (problem,) = hung(linking(), Image(f"https://example.org/{name}"))
    assert cover is None
    assert who in problem.what
    assert "embed" in problem.hint


def test_a_webp_stays_and_is_told():
    (cover,), (problem,) = hung(linking(), Image("https://example.org/a.webp"))
    assert cover is not None
    assert "Outlook for Windows" in problem.what


# --- where it is looked at -----------------------------------------------------------------------------------------


def test_the_size_it_has_replaces_the_size_it_claims(web: Web, fetcher: Fetcher):
    url = web.put("/a.jpg?w=400&h=200", photo((300, 100)))
    (cover,), problems = hung(linking(fetcher), Image(url, "", 400, 200))
    assert cover.small == cover.large == Picture(url, 300, 100)
    assert problems == []


def test_a_picture_that_a_camera_held_upright_has_the_size_it_is_shown_in(web: Web, fetcher: Fetcher):
    from PIL import Image as Pixels

    exif = Pixels.Exif()
    exif[0x0112] = 6
    (cover,), _ = hung(linking(fetcher), Image(web.put("/a.jpg", photo((300, 100), exif=exif))))
    assert (cover.small.width, cover.small.height) == (100, 300)


@pytest.mark.parametrize("status", [400, 403, 404, 410, 451])
def test_a_picture_that_is_gone_is_left_out_and_told(web: Web, fetcher: Fetcher, status: int):
    url = web.put("/a.jpg", photo(), status=status)
    (cover,), (problem,) = hung(linking(fetcher), Image(url, "", 400, 200))
    assert cover is None
    assert problem.where == "a.md"
    assert problem.what == f"the cover image {url} is not to be had: its server answers {status}"


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"<!doctype html><svg xmlns='http://www.w3.org/2000/svg'/>", "is not a PNG, JPEG"),
        (b"", "is not a PNG, JPEG"),
        (photo()[:5000], "is broken"),
        (bytes(1_000_001), "more than 1,000,000 bytes"),
        (SQUARE, "Gmail"),
        (photo((40, 40), "AVIF"), "Outlook"),
    ],
    ids=["page", "nothing", "half", "large", "svg", "avif"],
)
def test_what_mail_programs_cannot_show_is_left_out_and_told(web: Web, fetcher: Fetcher, data: bytes, what: str):
    (cover,), (problem,) = hung(linking(fetcher), Image(web.put("/a.jpg", data)))
    assert cover is None
    assert what in problem.what


def test_a_webp_under_another_name_stays_and_is_told(web: Web, fetcher: Fetcher):
    url = web.put("/a.jpg", photo((40, 30), "WEBP"))
    (cover,), (problem,) = hung(linking(fetcher), Image(url))
    assert cover.small == Picture(url, 40, 30)
    assert "WebP" in problem.what


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_a_server_in_trouble_costs_no_picture(web: Web, fetcher: Fetcher, status: int):
    images = [Image(web.put(f"/{n}.jpg", status=status), "", 400, 200) for n in range(3)]
    covers, problems = hung(linking(fetcher), *images)
    assert [cover.small for cover in covers] == [Picture(image.url, 400, 200) for image in images]
    assert problems == [
        Problem(
            "a.md",
            f"the cover images on localhost could not be looked at: its server answers {status}",
            "they stay linked",
        )
    ]


def test_a_host_that_gives_no_answer_is_asked_once(fetcher: Fetcher, web: Web):
    asked = []

    def silent(connection: socket.socket, over: threading.Event) -> None:
        asked.append(connection)
        over.wait()

    quick = Fetcher(Limits(allow_private=True, timeout=0.3), ssl_context=web.client)
    good = Image(web.put("/good.jpg", photo((50, 40))).replace("localhost", "127.0.0.1"))
    with line(silent) as port:
        dead = [Image(f"https://localhost:{port}/{n}.jpg", "", 9, 9) for n in range(40)]
        covers, problems = hung(linking(quick), *dead, good)
    assert len(asked) == 1
    assert [cover.small for cover in covers[:-1]] == [Picture(image.url, 9, 9) for image in dead]
    assert covers[-1].small == Picture(good.url, 50, 40)
    assert [problem.what for problem in problems] == [
        "the cover images on localhost could not be looked at: no answer within 0.3 s"
    ]


def test_when_the_time_for_looking_is_over_nobody_is_asked_any_more(
    web: Web, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(finding, "PATIENCE", -1)
    image = Image(web.put("/a.jpg", photo()), "", 9, 9)
    (cover,), (problem,) = hung(linking(fetcher), image)
    assert cover.small == Picture(image.url, 9, 9)
    assert "took more than" in problem.what
    assert web.asked == []


def test_the_same_picture_of_many_articles_is_looked_at_once_and_told_once(web: Web, fetcher: Fetcher):
    here, gone = Image(web.put("/a.jpg", photo())), Image(web.url("/gone.jpg"))
    covers, problems = linking(fetcher).hang([(f"{n}.md", image) for n in range(40) for image in (here, gone)])
    assert list(covers) == [here, gone]
    assert [problem.where for problem in problems] == ["0.md"]
    assert sorted(web.asked) == [("GET", "/a.jpg"), ("GET", "/gone.jpg")]


class Names:
    """A web where some hosts do not exist, as far as the name service says."""

    def __init__(self, *known: str) -> None:
        self.known = known

    def get(self, url: str) -> Fetched:
        host = url.removeprefix("https://").partition("/")[0]
        if host in self.known:
            return Fetched(url, 200, "image/jpeg", photo((50, 40)))
        raise UnknownHostError(url, host)


def test_a_host_that_does_not_exist_is_believed_dead_when_others_answer():
    here, gone = Image("https://here.example/a.jpg"), Image("https://gone.example/a.jpg", "", 9, 9)
    covers, problems = hung(linking(Names("here.example")), gone, here)
    assert covers[0] is None
    assert covers[1] is not None
    assert problems == [
        Problem(
            "a.md",
            "the cover images on gone.example could not be looked at: there is no host gone.example",
            "their articles are shown without",
        )
    ]


def test_a_machine_without_a_way_out_loses_no_cover():
    images = [Image(f"https://{n}.example/a.jpg", "", 9, 9) for n in range(5)]
    covers, problems = hung(linking(Names()), *images)
    assert None not in covers
    assert len(problems) == 5


class Private:
    def get(self, url: str) -> Fetched:
        raise FetchError(url, "it is a private address", dead=True)


def test_an_address_that_is_dead_for_good_is_left_out():
    assert hung(linking(Private()), Image("https://intranet.example/a.jpg"))[0] == [None]


@given(st.lists(st.builds(Image, st.text() | st.text().map("https://{}".format), st.text(max_size=5)), max_size=5))
@example([Image("https://[half.svg")])
def test_no_address_makes_a_look_raise(images: list[Image]):
    for gallery in (linking(), linking(Names())):
        covers, _ = gallery.hang(("a.md", image) for image in images)
        assert covers.keys() == set(images)


# --- one photo -----------------------------------------------------------------------------------------------------


def test_one_photo_in_several_sizes_is_one_photo(web: Web, fetcher: Fetcher):
    images = [
        Image(web.put(path, data))
        for path, data in (
            ("/p?id=1&w=800&q=80", photo((80, 60))),
            ("/p?id=1&w=400&h=200&fit=crop", photo((40, 20))),
            ("/copy.jpg", photo((80, 60))),
            ("/p?id=2&w=800", photo((80, 60), seed=2)),
        )
    ]
    covers, _ = hung(linking(fetcher), *images)
    first, smaller, copy, other = (cover.photo for cover in covers)
    assert first == smaller == copy
    assert other != first


def test_a_grey_or_animated_picture_is_a_picture_too(web: Web, fetcher: Fetcher):
    from PIL import Image as Pixels

    frames = [Pixels.new("P", (30, 20), n) for n in range(3)]
    data = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    (cover,), problems = hung(linking(fetcher), Image(web.put("/a.gif", data)))
    assert (cover.small.width, problems) == (30, [])


def test_a_picture_that_is_a_file_is_looked_at_there(shelf: Callable[..., Image]):
    gone = Image("https://example.org/a.jpg", shelf(b"no picture", "a.jpg").file)
    drawing = Image("https://example.org/b.png", shelf(b'<svg xmlns="http://www.w3.org/2000/svg"/>', "b.png").file)
    whole = Image("https://example.org/c.jpg", shelf(photo((800, 400)), "c.jpg").file, 1, 1)
    covers, problems = hung(linking(), gone, drawing, whole)
    assert covers[:2] == [None, None]
    assert covers[2].large == Picture("https://example.org/c.jpg", 800, 400)
    assert len(problems) == 2


def test_a_line_of_pixels_is_too_long(shelf: Callable[..., Image]):
    long = shelf(saved(Pixels.new("L", (1, 30_000)), "PNG"), "long.png")
    (cover,), (problem,) = hung(linking(), Image("https://example.org/long.png", long.file))
    assert cover is None
    assert "20,000 pixels wide or high" in problem.what
