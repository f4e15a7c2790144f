"""Sites on disk, and what is recognised of them."""

from __future__ import annotations

from pathlib import Path

from digest.generators.recognising import Found, Section, recognise

SITE = "https://www.example.org"


def post(path: Path, *fields: str, date: str = "2025-12-01") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = ("---", "title: Words", *([f"date: {date}"] if date else []), *fields, "---", "Body.")
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def recognised(root: Path) -> Found:
    found = recognise(root)
    assert found is not None
    return found


def section(root: Path) -> Section:
    """The one folder of a site's articles."""
    (only,) = recognised(root).sections
    return only


def pages(root: Path) -> dict[str, str]:
    """The patterns below the site's address, by folders."""
    return {found.folder.as_posix(): found.page.removeprefix(SITE) for found in recognised(root).sections}


def page(site: Path) -> str:
    """The pattern below the site's address; what is not told is told why."""
    found = section(site)
    assert (found.page == "") == (found.untold != "")
    return found.page.removeprefix(SITE)


def why(site: Path) -> str:
    assert page(site) == ""
    return section(site).untold
