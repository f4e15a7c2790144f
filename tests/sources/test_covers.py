"""Cover images: on the web, beside the article, below the site's static folders, and where they may not be."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from digest.model import Article, Image, Problem
from tests.sources.conftest import Content


def cover(content: Content, value: str, **settings: Any) -> tuple[Image | None, list[Article | Problem]]:
    """The image of an article with this cover, and the problems beside it."""
    results = content.results(f"---\ntitle: T\ndate: 2025-12-03\ncover: {value}\n---\n", "deep/story.md", **settings)
    assert isinstance(results[0], Article)
    return results[0].image, results[1:]


def test_a_cover_on_the_web_tells_its_size_by_its_query(content: Content):
    url = "https://images.example.org/p?w=400&h=200&fit=crop&copy=2"
    assert cover(content, url) == (Image(url, "", 400, 200), [])
    for query in ("w=400", "w=400&h=x", "w=0&h=9", "w=99999&h=99999", "w=-1&h=2"):
        assert cover(content, f"https://example.org/p?{query}")[0] == Image(f"https://example.org/p?{query}")


def test_a_cover_without_a_scheme_gets_https(content: Content):
    assert cover(content, "//cdn.example.org/a.png")[0] == Image("https://cdn.example.org/a.png")


@pytest.mark.parametrize(("suffix", "options"), [("png", {}), ("jpg", {}), ("gif", {}), ("webp", {})])
def test_a_picture_beside_the_article_is_found_and_measured(
    content: Content, picture: Callable[..., Path], suffix: str, options: dict[str, object]
):
    file = picture(content.root / f"deep/harbour.{suffix}", (64, 32), **options)
    assert cover(content, f"harbour.{suffix}") == (Image("", str(file), 64, 32), [])
    assert cover(content, f"./harbour.{suffix}?v=2#top")[0].file == str(file)


def test_a_picture_that_a_camera_held_upright_is_measured_as_it_is_shown(
    content: Content, picture: Callable[..., Path]
):
    from PIL import Image as Picture

    exif = Picture.Exif()
    exif[0x0112] = 6
    picture(content.root / "deep/tall.jpg", (64, 32), exif=exif)
    image, _ = cover(content, "tall.jpg")
    assert (image.width, image.height) == (32, 64)


def test_a_root_relative_picture_lies_in_the_static_folder_and_on_the_site(
    content: Content, picture: Callable[..., Path], tmp_path: Path
):
    file = picture(tmp_path / "static/img/a b.png")
    settings = {"static": (tmp_path / "static",), "site_url": "https://example.org/blog"}
    image, problems = cover(content, "/img/a b.png", **settings)
    assert image == Image("https://example.org/img/a%20b.png", str(file), 64, 32)
    assert problems == []
    assert cover(content, "/img/a%20b.png", **settings)[0] == image


def test_a_picture_beside_an_article_with_a_page_is_linked_below_that_page(
    content: Content, picture: Callable[..., Path]
):
    picture(content.root / "deep/a.png")
    image, _ = cover(content, "a.png", article_url="https://example.org/{slug}/")
    assert image.url == "https://example.org/story/a.png"


def test_a_root_relative_picture_is_linked_when_only_the_site_has_it(content: Content):
    assert cover(content, "/img/a.png", site_url="https://example.org")[0] == Image("https://example.org/img/a.png")


def test_a_picture_that_should_lie_on_disk_and_does_not_is_a_problem(content: Content, tmp_path: Path):
    for value, settings in (
        ("a.png", {}),
        ("img/a.png", {"site_url": "https://example.org"}),
        ("/img/a.png", {}),
        ("/img/a.png", {"site_url": "https://example.org", "static": (tmp_path,)}),
    ):
        image, problems = cover(content, value, **settings)
        assert image is None
        assert [(p.place, "is not there" in p.what) for p in problems] == [("deep/story.md:4", True)]


@pytest.mark.parametrize(
    "value",
    [
        "../../secret.png",
        "/../secret.png",
        "../../../../../../../etc/passwd",
        "'%2e%2e/../../secret.png'",
        "'%2e%2e/%2e%2e/secret.png'",
    ],
)
def test_a_picture_outside_the_content_is_refused(
    content: Content, picture: Callable[..., Path], tmp_path: Path, value: str
):
    picture(tmp_path / "secret.png")
    image, problems = cover(content, value)
    assert image is None
    assert len(problems) == 1


def test_a_picture_above_the_article_but_below_the_content_is_fine(content: Content, picture: Callable[..., Path]):
    file = picture(content.root / "img/a.png")
    assert cover(content, "../img/a.png")[0].file == str(file)


def test_a_link_that_leads_outside_the_content_is_refused(
    content: Content, picture: Callable[..., Path], tmp_path: Path
):
    picture(tmp_path / "secret.png")
    (content.root / "deep").mkdir()
    (content.root / "deep/a.png").symlink_to(tmp_path / "secret.png")
    image, problems = cover(content, "a.png")
    assert image is None
    assert "leads outside" in problems[0].what


@pytest.mark.parametrize("value", ["true", "false", "''", "~", "[]", "sunrise-03", "{}", "42"])
def test_a_cover_that_names_no_picture_is_none_and_no_fault(content: Content, value: str):
    assert cover(content, value) == (None, [])


@pytest.mark.parametrize(
    "value", ["data:image/png;base64,AAAA", "javascript:alert(1)", "'http://'", "'https://exa mple.org/a.png'"]
)
def test_a_cover_of_another_kind_is_a_problem(content: Content, value: str):
    image, problems = cover(content, value)
    assert image is None
    assert len(problems) == 1


@pytest.mark.parametrize(
    "value",
    [
        "{image: https://example.org/a.png, alt: x}",
        "{src: https://example.org/a.png}",
        "[https://example.org/a.png, https://example.org/b.png]",
        "[{url: https://example.org/a.png}]",
    ],
)
def test_a_cover_may_be_an_object_or_a_list(content: Content, value: str):
    assert cover(content, value)[0] == Image("https://example.org/a.png")


def test_a_second_field_steps_in_for_a_cover_that_fails(content: Content):
    article, problem = content.results(
        "---\ntitle: T\ndate: 2025-12-03\ncover: gone.png\nimage: https://example.org/a.png\n---\n"
    )
    assert article.image == Image("https://example.org/a.png")
    assert "gone.png" in problem.what


@pytest.mark.parametrize("data", [b"", b"no picture", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"<svg xmlns='x'/>"])
def test_a_file_that_is_no_picture_is_a_problem(content: Content, data: bytes):
    content.write("deep/a.png", data)
    image, problems = cover(content, "a.png")
    assert image is None
    assert len(problems) == 1


def test_a_picture_of_absurd_size_is_a_problem(content: Content, picture: Callable[..., Path]):
    file = picture(content.root / "deep/a.png", (1, 1))
    data = bytearray(file.read_bytes())
    data[16:24] = (60_000).to_bytes(4) * 2
    import zlib

    data[29:33] = zlib.crc32(data[12:29]).to_bytes(4)
    file.write_bytes(data)
    image, problems = cover(content, "a.png")
    assert image is None
    assert len(problems) == 1


def test_names_too_long_or_with_a_nul_are_not_there(content: Content):
    for value in ("a" * 5000 + ".png", '"a\\0b.png"'):
        image, problems = cover(content, value)
        assert image is None
        assert len(problems) == 1


def test_an_avif_is_found_and_measured(content: Content, picture: Callable[..., Path]):
    file = picture(content.root / "deep/harbour.avif", (64, 32))
    assert cover(content, "harbour.avif") == (Image("", str(file), 64, 32), [])


@pytest.mark.parametrize(
    ("attributes", "size"),
    [
        ("width='640' height='320'", (640, 320)),
        ("width='20mm' height=' 1in '", (76, 96)),
        ("viewBox='0 0 200.4 100'", (200, 100)),
        ("width='100%' height='100%' viewBox='0,0,200,100'", (200, 100)),
        ("width='99999' height='1'", (0, 0)),
        ("width='-5' height='x' viewBox='1 2 3'", (0, 0)),
        ("", (0, 0)),
    ],
)
def test_a_drawing_is_measured_by_its_first_tag(content: Content, attributes: str, size: tuple[int, int]):
    svg = f"<?xml version='1.0'?><!-- a > b --><svg xmlns='http://www.w3.org/2000/svg' {attributes}><rect/>"
    file = content.write("deep/map.svg", svg)
    assert cover(content, "map.svg") == (Image("", str(file), *size), [])


@pytest.mark.parametrize(
    "svg",
    [
        "<svg/>",
        "<html xmlns='http://www.w3.org/1999/xhtml'/>",
        f"<!--{'x' * 70_000}--><svg xmlns='http://www.w3.org/2000/svg'/>",
        "<!DOCTYPE svg [<!ENTITY a '1'><!ENTITY b '" + "&a;" * 50_000 + "'>]><svg width='&b;&b;&b;&b;&b;&b;'/>",
    ],
    ids=["no namespace", "page", "late", "entities"],
)
def test_what_does_not_begin_as_a_drawing_is_none(content: Content, svg: str):
    content.write("deep/map.svg", svg)
    image, problems = cover(content, "map.svg")
    assert image is None
    assert len(problems) == 1


@pytest.mark.parametrize(
    "written",
    [
        "'{{ site.url }}/img/a.png'",
        "'{{site.url}}{{site.baseurl}}/img/a.png'",
        """'{{ "/img/a.png" | relative_url }}'""",
        "'{static}/img/a.png'",
        "'|static|/img/a.png'",
    ],
)
def test_what_a_template_would_fill_in_before_a_path_is_passed_over(content: Content, written: str):
    assert cover(content, written, site_url="https://example.org")[0] == Image("https://example.org/img/a.png")


@pytest.mark.parametrize("written", ["~/assets/a.png", "'@/assets/a.png'", "'@assets/a.png'", "../../src/assets/a.png"])
def test_a_picture_among_the_sources_of_the_site_is_found_where_static_names_their_folder(
    content: Content, picture: Callable[..., Path], tmp_path: Path, written: str
):
    file = picture(tmp_path / "src/assets/a.png")
    image, problems = cover(content, written, static=(tmp_path / "src/assets",))
    assert image
    assert (image.file, problems) == (str(file), [])
    image, (problem,) = cover(content, written)
    assert image is None
    assert isinstance(problem, Problem)


def test_a_picture_outside_the_content_may_be_let_in(content: Content):
    _, (problem,) = cover(content, "../../assets/a.png")
    assert isinstance(problem, Problem)
    assert "site.static" in problem.hint


def test_an_alias_does_not_open_the_folder_above_the_static_one(
    content: Content, picture: Callable[..., Path], tmp_path: Path
):
    picture(tmp_path / "src/secret.png")
    (tmp_path / "src/assets").mkdir()
    for written in ("~/secret.png", "~/assets/../secret.png", "'~/*.png'"):
        image, problems = cover(content, written, static=(tmp_path / "src/assets",))
        assert image is None
        assert len(problems) == 1


def test_a_name_with_a_star_is_the_first_file_that_fits_and_only_within_the_content(
    content: Content, picture: Callable[..., Path], tmp_path: Path
):
    picture(content.root / "deep/cover-2.png")
    file = picture(content.root / "deep/cover-1.png")
    picture(tmp_path / "cover-0.png")
    assert cover(content, "'cover*.png'")[0].file == str(file)
    assert cover(content, "'../../cover*.png'")[0] is None


@pytest.mark.parametrize("value", ["theme/sunrise", "/covers/sunrise", "v17/blog/sunrise"])
def test_an_identifier_with_slashes_is_none_and_no_fault(content: Content, value: str):
    assert cover(content, value) == (None, [])


def test_a_picture_without_a_suffix_is_found_all_the_same(content: Content, picture: Callable[..., Path]):
    picture(content.root / "deep/harbour.png").rename(content.root / "deep/harbour")
    assert cover(content, "./harbour")[0].file == str(content.root / "deep/harbour")


@pytest.mark.parametrize(
    "lines",
    [
        "hero:\n  src: X",
        "resources:\n  - src: plan.pdf\n  - src: files/plan.pdf\n  - src: X",
        "ogImage:\n  url: X",
        "resources:\n  - src: X\n    name: cover",
        "params:\n  cover: X",
    ],
)
def test_a_cover_may_lie_deeper(content: Content, lines: str):
    image = content.fields(lines.replace("X", "https://example.org/a.png")).image
    assert image == Image("https://example.org/a.png")
