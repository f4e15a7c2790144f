"""Covers that are made into files: inside the mail, or for the site's own folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image as Pixels

from digest.errors import DigestError
from digest.fetching import Fetcher
from digest.model import Cover, Image, Picture
from digest.pictures import finding
from digest.pictures.gallery import Gallery, Host, Mode
from tests.fetching.web import Web
from tests.pictures.conftest import SQUARE, chart, hung, opened, photo, saved

Shelf = Callable[..., Image]
EMBED = Gallery(Mode.EMBED, fetcher=None, cache=None)


def embedded(image: Image, gallery: Gallery = EMBED) -> Cover:
    """The cover of an image with which nothing is wrong."""
    (cover,), problems = hung(gallery, image)
    assert problems == []
    assert cover is not None
    return cover


def pixels(picture: Picture) -> Pixels.Image:
    assert picture.attachment
    return opened(picture.attachment.data)


# --- inside the mail -----------------------------------------------------------------------------------------------


def test_a_photo_becomes_two_jpegs_of_twice_the_size_that_is_shown(shelf: Shelf):
    cover = embedded(shelf(photo((1600, 900))))
    for picture, size in ((cover.small, (328, 184)), (cover.large, (1072, 603))):
        assert picture.attachment.media_type == "image/jpeg"
        assert picture.src == f"cid:{picture.attachment.cid}"
        assert picture.attachment.cid.endswith("@covers")
        assert (picture.width, picture.height) == pixels(picture).size == size
    assert len(cover.small.attachment.data) < len(cover.large.attachment.data)


def test_a_picture_is_never_made_larger(shelf: Shelf):
    cover = embedded(shelf(photo((300, 200))))
    assert cover.small == cover.large
    assert (cover.small.width, cover.small.height) == (300, 200)
    middle = embedded(shelf(photo((800, 400))))
    assert (middle.small.width, middle.large.width) == (328, 800)


def test_a_camera_s_turn_is_applied_and_everything_else_it_wrote_is_left_out(shelf: Shelf):
    exif = Pixels.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "where I live"
    cover = embedded(shelf(photo((600, 400), exif=exif, comment=b"where I live", icc_profile=b"no profile")))
    small = pixels(cover.small)
    assert small.height > small.width
    assert not small.getexif()
    assert b"where I live" not in cover.small.attachment.data
    assert not {"comment", "exif", "icc_profile"} & small.info.keys()


def test_the_texts_of_a_png_are_left_out(shelf: Shelf):
    from PIL.PngImagePlugin import PngInfo

    texts = PngInfo()
    texts.add_text("Author", "where I live")
    cover = embedded(shelf(saved(Pixels.new("RGBA", (50, 50), (1, 2, 3, 4)), "PNG", pnginfo=texts)))
    assert pixels(cover.small).info.keys() <= {"transparency"}


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (photo(kind="PNG"), "image/jpeg"),
        (photo(kind="WEBP"), "image/jpeg"),
        (photo(kind="AVIF"), "image/jpeg"),
        (photo(kind="GIF"), "image/jpeg"),
        (saved(Pixels.new("CMYK", (900, 600), (9, 99, 200, 5)), "JPEG"), "image/jpeg"),
        (saved(Pixels.new("LA", (900, 600), (99, 255)), "PNG"), "image/png"),
        (saved(Pixels.new("RGBA", (900, 600), (9, 99, 200, 5)), "WEBP"), "image/png"),
        (saved(Pixels.new("1", (900, 600)), "PNG"), "image/png"),
        (saved(Pixels.new("I;16", (900, 600), 40_000), "PNG"), "image/png"),
        (chart(), "image/png"),
        (chart(kind="GIF"), "image/png"),
        (chart(kind="JPEG"), "image/jpeg"),
        (SQUARE, "image/png"),
    ],
)
def test_every_format_becomes_one_that_mail_programs_show(shelf: Shelf, data: bytes, media_type: str):
    cover = embedded(shelf(data))
    assert cover.small.attachment.media_type == media_type
    assert pixels(cover.small).width == 328


def test_what_shows_through_still_does(shelf: Shelf):
    data = saved(Pixels.new("RGBA", (900, 600), (0, 255, 0, 128)), "PNG")
    assert pixels(embedded(shelf(data)).small).getpixel((5, 5)) == (0, 255, 0, 128)


def test_sixteen_bits_of_grey_keep_their_brightness(shelf: Shelf):
    data = saved(Pixels.new("I;16", (400, 300), 40_000), "PNG")
    assert pixels(embedded(shelf(data)).small).convert("L").getpixel((5, 5)) == 156


def test_an_animation_stands_still_at_its_first_picture(shelf: Shelf):
    frames = [Pixels.new("RGB", (400, 300), colour) for colour in ("red", "blue")]
    small = pixels(embedded(shelf(saved(frames[0], "GIF", save_all=True, append_images=frames[1:]))).small)
    assert small.convert("RGB").getpixel((5, 5)) == (255, 0, 0)
    assert getattr(small, "n_frames", 1) == 1


def test_the_same_content_travels_once(shelf: Shelf):
    first, second = hung(EMBED, shelf(photo(), "a.jpg"), shelf(photo(), "b.jpg"))[0]
    assert first == second
    assert first.photo == second.photo


def test_a_picture_on_the_web_is_fetched_and_travels_along(web: Web, fetcher: Fetcher):
    gallery = Gallery(Mode.EMBED, fetcher=fetcher, cache=None)
    cover = embedded(Image(web.put("/a.jpg", photo())), gallery)
    assert cover.small.attachment is not None


def test_a_file_is_preferred_to_its_address(shelf: Shelf, web: Web, fetcher: Fetcher):
    image = Image(web.url("/a.jpg"), shelf(photo()).file)
    assert embedded(image, Gallery(Mode.EMBED, fetcher=fetcher, cache=None)).small.width == 328
    assert web.asked == []


def test_a_picture_that_cannot_be_had_is_left_out_and_told(web: Web, fetcher: Fetcher, tmp_path: Path, shelf: Shelf):
    images = [
        Image("", str(tmp_path / "gone.jpg")),
        Image("", str(tmp_path)),
        Image("", "a\0b.jpg"),
        shelf(b"no picture", "text.jpg"),
        shelf(photo()[:3000], "half.jpg"),
        Image(web.url("/gone.jpg")),
        Image(web.put("/busy.jpg", status=503)),
        Image(),
    ]
    covers, problems = hung(Gallery(Mode.EMBED, fetcher=fetcher, cache=None), *images)
    assert covers == [None] * len(images)
    assert [problem.where for problem in problems] == [f"{letter}.md" for letter in "abcdefgh"]
    assert problems[6].hint == "their articles are shown without"


def test_where_nothing_is_fetched_a_picture_on_the_web_is_left_out_and_told():
    (cover,), (problem,) = hung(EMBED, Image("https://example.org/a.jpg"))
    assert cover is None
    assert "nothing is fetched" in problem.what
    assert "fetch = true" in problem.hint


# --- hostile pictures ----------------------------------------------------------------------------------------------


def test_a_picture_that_unfolds_to_too_many_pixels_is_left_out(shelf: Shelf):
    bomb = saved(Pixels.new("1", (7000, 7000)), "PNG")
    larger = saved(Pixels.new("1", (20_000, 20_000)), "PNG")
    covers, problems = hung(EMBED, shelf(bomb, "a.png"), shelf(larger, "b.png"))
    assert covers == [None, None]
    assert all("more than 40,000,000 pixels" in problem.what for problem in problems)


def test_a_jpeg_of_thousands_of_scans_is_left_out(shelf: Shelf):
    data = saved(Pixels.new("L", (6000, 6000)), "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    (cover,), (problem,) = hung(EMBED, shelf(data[:last] + data[last:-2] * 100 + data[-2:]))
    assert cover is None
    assert "too many scans" in problem.what


def test_a_file_that_is_too_long_is_not_even_read(shelf: Shelf, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(finding, "FILE_MAXIMUM", 1000)
    assert "more than 1,000 bytes" in hung(EMBED, shelf(photo()))[1][0].what


@given(st.binary(max_size=300))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_no_bytes_make_a_look_raise(tmp_path: Path, data: bytes):
    (tmp_path / "a.jpg").write_bytes(data)
    hung(EMBED, Image("", str(tmp_path / "a.jpg")))


@given(
    start=st.sampled_from([photo((60, 40), kind) for kind in ("PNG", "JPEG", "GIF", "WEBP", "AVIF")] + [SQUARE]),
    places=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=20),
    kept=st.floats(0.1, 1),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_no_broken_picture_makes_a_look_raise(
    tmp_path: Path, start: bytes, places: list[tuple[float, int]], kept: float
):
    data = bytearray(start[: int(len(start) * kept)])
    for place, value in places:
        data[int(len(data) * place)] = value
    (tmp_path / "a.jpg").write_bytes(data)
    hung(EMBED, Image("", str(tmp_path / "a.jpg")))


# --- for the site's own folder -------------------------------------------------------------------------------------


@pytest.fixture
def hosting(tmp_path: Path) -> Any:
    host = Host(tmp_path / "site/mail", "https://example.org/mail/")
    return Gallery(Mode.HOST, fetcher=None, cache=None, host=host)


def test_nothing_is_written_until_it_is_published(shelf: Shelf, hosting: Gallery, tmp_path: Path):
    cover = embedded(shelf(photo()), hosting)
    assert not (tmp_path / "site").exists()
    hosting.publish()
    for picture in (cover.small, cover.large):
        assert picture.attachment is None
        folder, _, name = picture.src.rpartition("/")
        assert folder == "https://example.org/mail"
        file = tmp_path / "site/mail" / name
        assert opened(file.read_bytes()).size == (picture.width, picture.height)
        assert file.stat().st_mode & 0o444 == 0o444
    assert len(list((tmp_path / "site/mail").iterdir())) == 2


def test_a_file_that_is_there_already_is_left_untouched(shelf: Shelf, hosting: Gallery, tmp_path: Path):
    cover = embedded(shelf(chart((300, 200))), hosting)
    assert cover.small.src.endswith(".png")
    (tmp_path / "site/mail").mkdir(parents=True)
    file = tmp_path / "site/mail" / cover.small.src.rpartition("/")[2]
    file.write_bytes(b"as it was")
    hosting.publish()
    assert file.read_bytes() == b"as it was"


def test_a_folder_that_cannot_be_written_is_told_before_anything_is_frozen(
    shelf: Shelf, hosting: Gallery, tmp_path: Path
):
    embedded(shelf(photo()), hosting)
    (tmp_path / "site").write_bytes(b"a file in the way")
    with pytest.raises(DigestError, match="cannot be written into") as caught:
        hosting.publish()
    assert "[images]" in caught.value.hint


def test_where_nothing_is_hosted_publishing_does_nothing(shelf: Shelf):
    gallery = Gallery(Mode.EMBED, fetcher=None, cache=None)
    embedded(shelf(photo()), gallery)
    gallery.publish()
