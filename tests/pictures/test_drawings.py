"""SVG drawings: what they may ask for, and what drawing them may cost."""

from __future__ import annotations

import base64

import pytest

from digest.pictures import drawing
from digest.pictures.faults import PictureError
from tests.pictures.conftest import SVG, opened, photo

PIXEL = base64.b64encode(photo((2, 2), "PNG")).decode()


@pytest.mark.parametrize(
    "inside",
    [
        '<image href="/etc/passwd.png"/>',
        '<image href="cover.png"/>',
        '<image href="https://example.org/a.png"/>',
        '<image xmlns:xlink="http://www.w3.org/1999/xlink" xlink:href="file:///a.png"/>',
        '<image href="data:image/svg+xml;base64,PHN2Zy8+"/>',
        '<use href="other.svg#a"/>',
        '<filter id="f"><feImage href="a.png"/></filter>',
        "<style>@import 'a.css';</style>",
        "<style>rect { fill: url(https://example.org/a.svg#b) }</style>",
        "<rect fill=\"url( 'a.svg#b' )\"/>",
        '<rect style="fill: url(a.svg#b)"/>',
    ],
)
def test_a_drawing_that_asks_for_anything_outside_itself_is_refused(inside: str):
    with pytest.raises(PictureError, match="needs other files"):
        drawing.parse(SVG.format(inside).encode())


@pytest.mark.parametrize(
    "inside",
    [
        '<linearGradient id="g"/><rect fill="url(#g)" style="stroke:url( \'#g\' )"/><use href="#g"/>',
        '<style>rect { fill: url("#g") }</style>',
        f'<image href="data:image/png;base64,{PIXEL}"/>',
        '<a href="https://example.org/"><rect/></a>',
        "<!-- href='a.png' --><?pi href='a.png'?><text>url(a.png)</text>",
    ],
)
def test_a_drawing_may_refer_to_itself(inside: str):
    assert drawing.parse(SVG.format(inside).encode())


@pytest.mark.parametrize(
    "start",
    [
        '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">',
        '<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
    ],
)
def test_a_drawing_with_a_doctype_is_refused(start: str):
    with pytest.raises(PictureError, match="DOCTYPE"):
        drawing.parse((start + SVG.format("<text>&lt;</text>")).encode())


@pytest.mark.parametrize(
    "data", [b"", b"GIF89a", b"<svg/>", b"<html/>", b"<svg xmlns='http://www.w3.org/2000/svg'>", b"\xff\xfe\x00"]
)
def test_what_is_no_svg_is_none(data: bytes):
    assert drawing.parse(data) is None


def test_a_drawing_that_is_too_long_is_refused():
    with pytest.raises(PictureError, match="1,000,000 bytes"):
        drawing.parse(SVG.format("<rect/>" * 200_000).encode())


@pytest.mark.parametrize(("box", "size"), [("200 100", (400, 200)), ("100 300", (267, 800)), ("1 100000", (1, 800))])
def test_a_drawing_fits_into_its_width_and_twice_that(box: str, size: tuple[int, int]):
    svg = SVG.replace("200 100", box).format("<rect width='9' height='9'/>")
    assert opened(drawing.draw(svg, 400)).size == size


def test_a_drawing_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(drawing, "_SECONDS", 0.5)
    slow = '<filter id="f"><feTurbulence numOctaves="100000" baseFrequency=".5"/></filter>'
    with pytest.raises(PictureError, match="to draw"):
        drawing.draw(SVG.format(slow + '<rect width="200" height="100" filter="url(#f)"/>'), 1072)


def test_a_drawing_that_takes_too_much_memory_ends_its_own_process_alone(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(drawing, "_MEMORY", 200_000_000)
    with pytest.raises(PictureError, match="cannot be drawn"):
        drawing.draw(SVG.format("<rect/>"), 20_000)


@pytest.mark.parametrize("svg", ["<svg xmlns='http://www.w3.org/2000/svg' width='0' height='0'/>", "<svg"])
def test_a_drawing_of_nothing_cannot_be_drawn(svg: str):
    with pytest.raises(PictureError, match="cannot be drawn"):
        drawing.draw(svg, 100)
