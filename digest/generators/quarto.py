"""Quarto: https://quarto.org/docs/websites/."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from digest.generators.generator import Facts, Generator, Habits, address, first, table, text


def _says(home: Path) -> Facts:
    settings: dict[str, Any] = table(first(home, "_quarto.yml", "_quarto.yaml") or home)
    website = settings.get("website")
    website = website if isinstance(website, dict) else {}
    return Facts(text(website.get("title")), address(website.get("site-url")), text(settings.get("lang")))


def _page(_home: Path, habits: Habits) -> str:
    return f"{habits.below()}/{{path}}{'/' if habits.bundles.most else '.html'}"


QUARTO = Generator("Quarto", ("_quarto.yml", "_quarto.yaml"), _says, _page, static=(".",))
