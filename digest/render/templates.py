"""The one Jinja environment: where templates are found, and what is said when one of them is wrong."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from gettext import NullTranslations
from pathlib import Path
from typing import cast

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PrefixLoader,
    StrictUndefined,
    meta,
    nodes,
    pass_context,
    select_autoescape,
)
from jinja2.exceptions import TemplateNotFound, TemplateSyntaxError, UndefinedError
from markupsafe import Markup

from digest.bundle import bundled
from digest.errors import RenderError
from digest.render.inline import END, PIECE

_WRITTEN = {".html", ".txt", ".css"}
_PAGES = "web/"


def _hint(name: str) -> str:
    if name.removeprefix("digest/").startswith(_PAGES):
        return "a page knows what the built-in one of its name asks for"
    return "templates know edition, look, reader, subject and preheader"


class Templates:
    """The site's templates over the built-in ones, file by file; ``digest/`` before a name always means the built-in.

    Raises RenderError, which names the template and line at fault and what to do.
    """

    def __init__(self, folder: Path | None) -> None:
        if folder is not None and not folder.is_dir():
            raise RenderError(f"{folder}: no such folder of templates", hint="create it, or take the setting away")
        own = bundled("templates")
        self.folders = (folder, own) if folder else (own,)
        self._environment = Environment(
            extensions=["jinja2.ext.i18n"],
            loader=ChoiceLoader(
                [
                    PrefixLoader({"digest": FileSystemLoader(own)}),
                    *(FileSystemLoader(place) for place in self.folders),
                ]
            ),
            autoescape=select_autoescape(enabled_extensions=("html",), default=False),
            undefined=StrictUndefined,
            finalize=_written,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters["piece"] = self.piece

    def speak(self, words: NullTranslations) -> None:
        """From now on ``_("…")`` and ``ngettext`` in templates give these words."""
        self._environment.install_gettext_translations(words, newstyle=True)  # type: ignore[attr-defined] # of the extension

    def offer(self, name: str, function: Callable[..., object]) -> None:
        """Makes a function known to every template; it is given the template's values, then its own arguments."""
        self._environment.globals[name] = pass_context(partial(function))

    @staticmethod
    def piece(body: str) -> Markup:
        """Whole elements that stand in other pages too, as a piece (``digest.render.inline``). They are HTML already."""
        return Markup(f"{PIECE}{body.strip()}{END}\n")  # noqa: S704 - only templates that escape make pieces

    def check_blocks(self) -> None:
        """Raises RenderError for a block that fills nothing: the template it extends has none of that name."""
        for folder in self.folders:
            for path in sorted(folder.rglob("*")):
                if path.suffix in _WRITTEN:
                    with suppress(TemplateSyntaxError, TemplateNotFound, UnicodeDecodeError):  # rendering tells of it
                        self._check_blocks(path)

    def _check_blocks(self, path: Path) -> None:
        tree = self._environment.parse(path.read_text(encoding="utf-8"))
        extended = tree.find(nodes.Extends)
        above = extended and extended.template
        if not isinstance(above, nodes.Const):
            return
        known = tuple(dict.fromkeys(self._blocks(above.value)))
        for block in tree.iter_child_nodes():
            if isinstance(block, nodes.Block) and block.name not in known:
                raise RenderError(
                    f"{path}:{block.lineno}: {above.value} has no block {block.name!r}",
                    hint=f"its blocks are {', '.join(known)}",
                )

    def _blocks(self, name: str, below: tuple[str, ...] = ()) -> Iterator[str]:
        """The blocks of a template and of all that it extends."""
        source, _, _ = cast("BaseLoader", self._environment.loader).get_source(self._environment, name)
        tree = self._environment.parse(source)
        yield from (block.name for block in tree.find_all(nodes.Block))
        extended = tree.find(nodes.Extends)
        above = extended and extended.template
        if isinstance(above, nodes.Const) and above.value not in (name, *below):
            yield from self._blocks(above.value, (name, *below))

    def check_values(self, within: str) -> None:
        """Raises RenderError for a template of the site's own in this folder that is none, or that asks for a value which
        the built-in one in its place does not know.
        """
        for path in sorted(self.folders[0].joinpath(within).rglob("*")) if len(self.folders) > 1 else ():
            name = path.relative_to(self.folders[0]).as_posix()
            if path.suffix in _WRITTEN:
                self._check_values(name)

    def _check_values(self, name: str) -> None:
        try:
            self._environment.get_template(name)
            asked = self._asked(name)
        except (TemplateSyntaxError, TemplateNotFound, UnicodeDecodeError) as error:
            raise cast("RenderError", self._fault(name, error)) from error
        if not (self.folders[-1] / name).is_file():
            return  # a page, or a part of one, that is the site's alone
        for unknown in sorted(asked - self._asked(f"digest/{name}") - frozenset(self._environment.globals)):
            raise RenderError(f"{self.folders[0] / name}: {unknown!r} is undefined", hint=_hint(name))

    def _asked(self, name: str, below: tuple[str, ...] = ()) -> frozenset[str]:
        """The values that a template, and whatever it extends or includes, asks for."""
        if name in below:
            return frozenset()
        source, _, _ = cast("BaseLoader", self._environment.loader).get_source(self._environment, name)
        tree = self._environment.parse(source)
        others = filter(None, meta.find_referenced_templates(tree))
        asked = (self._asked(other, (name, *below)) for other in others)
        return frozenset(meta.find_undeclared_variables(tree)).union(*asked)

    def render(self, name: str, **values: object) -> str:
        """The template of that name filled in."""
        try:
            return self._environment.get_template(name).render(**values)
        except Exception as error:
            fault = self._fault(name, error)
            if fault is None:
                raise
            raise fault from error

    def _fault(self, name: str, error: Exception) -> RenderError | None:
        """What a template did wrong; None for anything else, which is a bug of ours and goes on as it is."""
        where = self._place(error)
        match error:
            case TemplateSyntaxError():
                where = f"{error.filename or name}:{error.lineno}"
                what, hint = error.message, "mend the template; its syntax is that of Jinja"
            case TemplateNotFound():
                what = f"there is no template {error.name!r}"
                hint = f"templates are looked for in {' and '.join(map(str, self.folders))}"
            case UndefinedError():
                what, hint = error.message, _hint(name)
            case UnicodeDecodeError():
                what, hint = f"a template is not UTF-8: {error.reason} at byte {error.start}", "save it as UTF-8"
            case RecursionError():
                what = "the template goes round in circles: it extends or includes itself"
                hint = f'for the built-in one write {{% extends "digest/{name}" %}}'
            case _ if where:
                what, hint = f"{type(error).__name__}: {error}", "mend the template"
            case _:
                return None
        return RenderError(f"{where or name}: {what}", hint=hint)

    def _place(self, error: Exception) -> str:
        """The file and line of the innermost template that the error passed through, or ""."""
        for frame in reversed(traceback.extract_tb(error.__traceback__)):
            place = Path(frame.filename)
            if place.suffix != ".py" and any(place.is_relative_to(folder) for folder in self.folders):
                return f"{frame.filename}:{frame.lineno}"
        return ""


def _written(value: object) -> object:
    """Nothing is written as nothing, not as the word None."""
    return "" if value is None else value
