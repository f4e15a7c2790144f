"""Zola: https://www.getzola.org/documentation/getting-started/configuration/."""

from __future__ import annotations

from pathlib import Path

from digest.generators.generator import Facts, Generator, Habits, Untold, address, joined, mapping, read, table, text


def _says(home: Path) -> Facts:
    settings = table(home / "config.toml")
    return Facts(text(settings.get("title")), address(settings.get("base_url")), text(settings.get("default_language")))


def _page(home: Path, habits: Habits) -> str:
    settings = table(home / "config.toml")
    slugs = mapping(settings.get("slugify"))
    if slugs.get("paths", "on") == "on":
        if odd := sorted(sign for sign in habits.signs if not (sign.isascii() and sign.isalpha()) and sign != " "):
            raise Untold(f"it writes some signs in the names of files otherwise in its pages, such as {odd[0]}")
    elif not habits.plain:
        raise Untold("it may keep capital letters and blanks in its pages (slugify.paths)")
    name = "slug_or_filename" if slugs.get("paths_keep_dates") is True else "slug"
    folders = f"{{folders{habits.lower}}}" if habits.nested.any else ""
    language = "{language}" if mapping(settings.get("languages")) else ""
    return joined(language, habits.below("content"), folders, f"{{{name}{habits.lower}}}") + "/"


class _Zola(Generator):
    def made(self, home: Path) -> bool:
        """Its configuration has the name of an old one of Hugo's, and another word for the site's address."""
        return "base_url" in read(home / "config.toml")


ZOLA = _Zola("Zola", ("config.toml",), _says, _page, static=("static",))
