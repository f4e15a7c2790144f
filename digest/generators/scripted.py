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
    without_comments,
)

_SCRIPTS = ("js", "mjs", "cjs", "ts", "mts")


def marks(*names: str) -> tuple[str, ...]:
    """The names that a program of one of these names may have."""
    return tuple(f"{name}.{kind}" for name in names for kind in _SCRIPTS)


def script(home: Path, *names: str) -> str:
    """The first program of one of these names without its comments; "" where there is none."""
    path = first(home, *(f"{name}.{kind}" for name in names for kind in _SCRIPTS))
    return without_comments(read(path)) if path else ""


def package(home: Path) -> Facts:
    """package.json: its name is that of a package, not of a site."""
    return Facts(url=address(table(home / "package.json").get("homepage")))


# --- Next.js, whose sites keep such facts in a file of their own ----------------------------------------------------


def _next_says(home: Path) -> Facts:
    words = script(home, "data/siteMetadata", "siteMetadata", "site.config", "config/site", "lib/config", "blog.config")
    return Facts(
        title=constant(words, "title", "siteTitle", "name"),
        url=address(constant(words, "siteUrl", "url", "siteURL", "link")),
        language=constant(words, "language", "locale", "lang"),
    )


def _next_page(_home: Path, habits: Habits) -> str:
    return f"{habits.below('data', 'content', 'src', 'app', 'pages')}/{'{path}' if habits.nested.any else '{slug}'}"


NEXT = Generator("Next.js", marks("next.config"), _next_says, _next_page, static=("public",))


# --- Gatsby: https://www.gatsbyjs.com/docs/reference/config-files/gatsby-config/ --------------------------------------


def _gatsby_says(home: Path) -> Facts:
    settings = script(home, "gatsby-config")
    return Facts(
        title=constant(settings, "title"),
        url=address(constant(settings, "siteUrl", "url")),
        language=constant(settings, "language", "lang"),
    )


def _gatsby_page(_home: Path, habits: Habits) -> str:
    """As its plug-in for files makes them: by the path below the content."""
    return "/{slug}/" if habits.slug.most or not habits.nested.any else "/{path}/"


GATSBY = Generator("Gatsby", marks("gatsby-config"), _gatsby_says, _gatsby_page, static=("static",), renames=True)
