"""Generators that are configured by a program in JavaScript: what can be read of it without running it."""

from __future__ import annotations

from pathlib import Path

from digest.generators.generator import (
    Facts,
    Generator,
    Habits,
    address,
    constant,
    first,
    read,
    table,
    text,
    without_comments,
)

_SCRIPTS = ("js", "mjs", "cjs", "ts", "mts")


def _marks(*names: str) -> tuple[str, ...]:
    return tuple(f"{name}.{kind}" for name in names for kind in _SCRIPTS)


def _script(home: Path, *names: str) -> str:
    path = first(home, *(f"{name}.{kind}" for name in names for kind in _SCRIPTS))
    return without_comments(read(path)) if path else ""


def package(home: Path) -> Facts:
    """package.json: its name is that of a package, not of a site."""
    return Facts(url=address(table(home / "package.json").get("homepage")))


# --- Astro: https://docs.astro.build/en/reference/configuration-reference/ ------------------------------------------


def _astro_says(home: Path) -> Facts:
    settings, words = _script(home, "astro.config"), _script(home, "src/consts", "src/config", "src/site.config")
    return Facts(
        title=constant(words, "SITE_TITLE", "title", "siteTitle"),
        url=address(constant(settings, "site")) or address(constant(words, "SITE_URL", "website", "url", "site")),
        language=constant(settings, "defaultLocale") or constant(words, "lang", "locale"),
    )


def _astro_page(_home: Path, habits: Habits) -> str:
    below = habits.below("src", "content", "pages", "data")
    name = "path" if habits.nested and not habits.slug else "slug_or_filename"
    return f"{below}/{{{name}{habits.lower}}}/"


ASTRO = Generator(
    "Astro", _marks("astro.config"), _astro_says, _astro_page, static=("public", "src/assets"), renames=True
)


# --- Eleventy: https://www.11ty.dev/docs/data-global/ and https://www.11ty.dev/docs/permalinks/ ----------------------


def _eleventy_says(home: Path) -> Facts:
    names = [f"{folder}_data/{name}" for folder in ("", "src/", "content/") for name in ("metadata", "site", "meta")]
    data = first(home, *(f"{name}.{kind}" for name in names for kind in ("json", "yaml", "yml", "toml")))
    if data is None:
        words = _script(home, *names)
        url = address(constant(words, "url", "baseUrl", "siteUrl", "domain"))
        return Facts(constant(words, "title", "name"), url, constant(words, "language", "lang", "locale"))
    told = table(data)
    url = next(filter(None, (address(told.get(name)) for name in ("url", "baseUrl", "siteUrl", "domain"))), "")
    language = next(filter(None, (text(told.get(name)) for name in ("language", "lang", "locale"))), "")
    return Facts(text(told.get("title")) or text(told.get("name")), url, language)


def _eleventy_page(_home: Path, habits: Habits) -> str:
    return f"{habits.below('src', 'content', 'site')}/{'{folders}/' if habits.nested else ''}{{slug}}/"


ELEVENTY = Generator(
    "Eleventy", _marks(".eleventy", "eleventy.config"), _eleventy_says, _eleventy_page, static=(".", "src", "public")
)


# --- Next.js, whose sites keep such facts in a file of their own ----------------------------------------------------


def _next_says(home: Path) -> Facts:
    words = _script(
        home, "data/siteMetadata", "siteMetadata", "site.config", "config/site", "lib/config", "blog.config"
    )
    return Facts(
        title=constant(words, "title", "siteTitle", "name"),
        url=address(constant(words, "siteUrl", "url", "siteURL", "link")),
        language=constant(words, "language", "locale", "lang"),
    )


def _next_page(_home: Path, habits: Habits) -> str:
    return f"{habits.below('data', 'content', 'src', 'app', 'pages')}/{'{path}' if habits.nested else '{slug}'}"


NEXT = Generator("Next.js", _marks("next.config"), _next_says, _next_page, static=("public",))


# --- Docusaurus: https://docusaurus.io/docs/api/docusaurus-config ---------------------------------------------------


def _docusaurus_says(home: Path) -> Facts:
    settings = _script(home, "docusaurus.config", "website/docusaurus.config")
    url, base = address(constant(settings, "url")), constant(settings, "baseUrl").strip("/")
    return Facts(
        title=constant(settings, "title"),
        url=f"{url}/{base}" if url and base else url,
        language=constant(settings, "defaultLocale"),
    )


def _docusaurus_page(_home: Path, habits: Habits) -> str:
    """A post without a slug has its date in its page: https://docusaurus.io/docs/blog."""
    return f"/{habits.folder.name}/{'{slug}' if habits.slug or not habits.dated else '{year}/{month}/{day}/{slug}'}"


DOCUSAURUS = Generator(
    "Docusaurus", _marks("docusaurus.config"), _docusaurus_says, _docusaurus_page, static=("static",), renames=True
)


# --- Gatsby: https://www.gatsbyjs.com/docs/reference/config-files/gatsby-config/ --------------------------------------


def _gatsby_says(home: Path) -> Facts:
    settings = _script(home, "gatsby-config")
    return Facts(
        title=constant(settings, "title"),
        url=address(constant(settings, "siteUrl", "url")),
        language=constant(settings, "language", "lang"),
    )


def _gatsby_page(_home: Path, habits: Habits) -> str:
    """As its plug-in for files makes them: by the path below the content."""
    return "/{slug}/" if habits.slug or not habits.nested else "/{path}/"


GATSBY = Generator("Gatsby", _marks("gatsby-config"), _gatsby_says, _gatsby_page, static=("static",), renames=True)
