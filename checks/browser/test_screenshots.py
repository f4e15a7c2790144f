"""Pictures of pages by a real Chromium: as wide as was said, as high as the page is, in the page's own colours."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from digest import screens
from tests.journeys.conftest import Site

PAGE = "<!DOCTYPE html><html><body style='margin:0'><div style='height:{height}px;background:{colour}'></div></body></html>"


def test_a_picture_is_as_wide_as_was_said_and_as_high_as_the_page(tmp_path: Path) -> None:
    shots = [
        screens.Shot(PAGE.format(height=2345, colour="#102030"), 360, tmp_path / "phone.png"),
        screens.Shot(PAGE.format(height=700, colour="#f0e0d0"), 800, tmp_path / "desktop.png"),
    ]
    screens.take(screens.find(), shots)
    with Image.open(tmp_path / "phone.png") as phone, Image.open(tmp_path / "desktop.png") as desktop:
        assert phone.size == (360, 2345)
        assert phone.convert("RGB").getpixel((359, 2344)) == (0x10, 0x20, 0x30)
        assert desktop.size == (800, 700)
        assert desktop.convert("RGB").getpixel((799, 0)) == (0xF0, 0xE0, 0xD0)


def test_a_page_that_never_ends_is_cut(tmp_path: Path) -> None:
    screens.take(screens.find(), [screens.Shot(PAGE.format(height=40_000, colour="#fff"), 360, tmp_path / "long.png")])
    with Image.open(tmp_path / "long.png") as picture:
        assert picture.height == screens.HEIGHT_MAXIMUM


def test_text_is_laid_out_at_the_width_of_the_picture(tmp_path: Path) -> None:
    narrow = "<style>p{background:#00f}@media(max-width:400px){p{background:#f00}}</style><p>wide or narrow</p>"
    screens.take(screens.find(), [screens.Shot(narrow, 360, tmp_path / "narrow.png")])
    with Image.open(tmp_path / "narrow.png") as picture:
        colours = {colour for _, colour in picture.convert("RGB").getcolors(100_000) or ()}
    assert (255, 0, 0) in colours
    assert (0, 0, 255) not in colours


def test_the_command_takes_a_picture_of_every_look(site: Site) -> None:
    out = site.folder / "out"
    result = site.run("preview", "--out", str(out), "--screenshots")
    assert result.exit_code == 0, result.output
    looks = ("light", "dark", "forced", "no-images")
    wanted = {f"weekly-2025-W49.{look}-{width}.png" for look in looks for width in (360, 800)}
    assert {path.name for path in out.glob("*.png")} == wanted
    assert brightness(out / "weekly-2025-W49.light-360.png") > 150
    assert brightness(out / "weekly-2025-W49.dark-360.png") < 100


def brightness(path: Path) -> int:
    with Image.open(path) as picture:
        return int(picture.convert("L").resize((1, 1)).getpixel((0, 0)))  # type: ignore[call-overload] # L has one band
