"""Zola: https://www.getzola.org/documentation/getting-started/configuration/."""

from __future__ import annotations

from pathlib import Path

from digest.generators.generator import Facts, Generator, Habits, address, read, table, text


def _says(home: Path) -> Facts:
    settings = table(home / "config.toml")
    return Facts(text(settings.get("title")), address(settings.get("base_url")), text(settings.get("default_language")))


def _page(_home: Path, habits: Habits) -> str:
    folders = f"{{folders{habits.lower}}}/" if habits.nested else ""
    return f"{habits.below('content')}/{folders}{{slug{habits.lower}}}/"


class _Zola(Generator):
    def made(self, home: Path) -> bool:
        """Its configuration has the name of an old one of Hugo's, and another word for the site's address."""
        return "base_url" in read(home / "config.toml")


ZOLA = _Zola("Zola", ("config.toml",), _says, _page, static=("static",))
