"""The files that ``digest preview`` and ``digest demo`` write: the message, its looks, and pictures of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from digest import desk
from digest.cli.session import Session, writing

if TYPE_CHECKING:
    from digest.desk import Preview
    from digest.model import Message
    from digest.pictures.printing import Print

WIDTHS = (360, 800)


def write_files(
    message: Message, folder: Path, name: str, unpublished: Mapping[str, Print] = desk.ALL_PUBLISHED
) -> tuple[Path, Path, Path]:
    """The message as .html, .txt and .eml: the first two are read back out of the bytes of the third."""
    files = tuple(folder / f"{name}.{suffix}" for suffix in ("html", "txt", "eml"))
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        files[0].write_text(desk.page(message, unpublished), encoding="utf-8")
        files[1].write_text(desk.part(message, "plain"), encoding="utf-8")
        files[2].write_bytes(message.data)
    return files[0], files[1], files[2]


def looks(shown: Preview) -> dict[str, str]:
    """The page as it is seen in each scheme, and without its images, by the name of the look."""
    from digest.proof import Scheme, as_seen

    page = desk.page(shown.message, shown.unpublished)
    found = {scheme.value: as_seen(page, scheme) for scheme in Scheme}
    return found | {"no-images": as_seen(page, Scheme.LIGHT, images=False)}


def write_looks(seen: dict[str, str], folder: Path, name: str) -> tuple[Path, ...]:
    """Each look as a page of its own."""
    files = {folder / f"{name}.{look}.html": page for look, page in seen.items()}
    with writing(folder):
        for file, page in files.items():
            file.write_text(page, encoding="utf-8", errors="replace")
    return tuple(files)


def write_screenshots(
    session: Session, seen: dict[str, str], folder: Path, name: str, browser: str
) -> tuple[Path, ...]:
    """Pictures of each look, in each width. Raises DigestError when the browser does not make them."""
    from digest import screens

    shots = [
        screens.Shot(page, width, folder / f"{name}.{look}-{width}.png")
        for look, page in seen.items()
        for width in WIDTHS
    ]
    with writing(folder), session.progress("screenshots", len(shots)) as advance:
        screens.take(browser, shots, advance)
    return tuple(shot.file for shot in shots)
