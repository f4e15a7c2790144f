"""An article file's two halves: the fields between the fences at its top, and the body below them.

python-frontmatter finds the fences; what stands between them stays text. YAML 1.1 would make 2025 of a title, 8 of
``010``, False of ``no``, and raise in the middle of a file for 31 February; here each field is understood by whoever
reads it, and knows its line.
"""

from __future__ import annotations

import re
import tomllib
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from dataclasses import dataclass
from typing import Any, BinaryIO

import yaml
from frontmatter.default_handlers import BaseHandler, JSONHandler, YAMLHandler

from digest.errors import ArticleError

try:
    from yaml import CBaseLoader as _QuickLoader
except ImportError:  # PyYAML built without libyaml
    from yaml import BaseLoader as _QuickLoader  # type: ignore[assignment]  # the same promise, written in Python

FRONT_MATTER_MAXIMUM = 256 * 1024  # characters; the largest of 37,000 real ones has a tenth of it

# libyaml's parser recurses in C for each opener and takes the whole process down at some 30,000 levels; the loader in
# Python raises RecursionError instead. It is ten times slower, so it reads only what may be nested that deep.
_NESTING_OF_QUICK_LOADER = 1_000
_YAML_OPENER = re.compile(r"[\[{]|[-?] ")

# What YAML, TOML and JSON refuse or take for the end of a line, and what nobody meant to write.
_STRAY = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")
_KEY = re.compile(r"""\s*["']?([\w-]+)["']?\s*[:=]""")
_TOML_LINE = re.compile(r"\(at line (\d+),")


class _Yaml(YAMLHandler):
    def load(self, fm: str, **_: object) -> Any:
        loader = _QuickLoader if len(_YAML_OPENER.findall(fm)) <= _NESTING_OF_QUICK_LOADER else yaml.BaseLoader
        return yaml.load(fm, Loader=loader)  # noqa: S506 - BaseLoader makes text, lists and mappings, nothing else


class _Toml(BaseHandler):
    FM_BOUNDARY = re.compile(r"^\+{3,}\s*$", re.MULTILINE)
    START_DELIMITER = END_DELIMITER = "+++"

    def load(self, fm: str) -> dict[str, Any]:
        return tomllib.loads(fm)


_HANDLERS: tuple[tuple[BaseHandler, str], ...] = (
    (_Yaml(), "a line of ---"),
    (_Toml(), "a line of +++"),
    (JSONHandler(), "a line of }"),
)


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """``fields`` by their ``plain_name``; ``source`` is what they were read from, ``above`` the lines before it."""

    fields: dict[str, Any]
    body: str
    source: str
    above: int

    def line(self, name: str) -> int:
        """The line of the file on which a field first stands, 0 if it does not."""
        named = enumerate(map(_KEY.match, self.source.split("\n")), self.above + 1)
        return next((number for number, found in named if found and plain_name(found[1]) == name), 0)


def plain_name(name: str) -> str:
    """A field's name in the one form in which names are compared: ``coverImage``, ``cover_image``, ``Cover-Image``."""
    return name.replace("-", "").replace("_", "").casefold()


def decode(data: bytes) -> tuple[str, str]:
    """A file's text with a line feed at each line's end, and what is wrong with its encoding ("" when nothing is)."""
    fault = ""
    try:
        if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
            text = data.decode("utf-16")
        else:
            text = data.removeprefix(BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError as error:
        text = data.decode("cp1252", "replace")
        line = data.count(b"\n", 0, error.start) + 1
        fault = f"is not UTF-8 (line {line}); it was read as Windows-1252"
    return text.replace("\r\n", "\n").replace("\r", "\n"), fault


def split(path: str, text: str) -> FrontMatter:
    """The fields and the body of an article file's text; ``path`` is how errors call it.

    Raises ArticleError, with the line, where there is no front matter or it cannot be read.
    """
    start = len(text) - len(text.lstrip("\ufeff \t\n"))
    above, text = text.count("\n", 0, start), text[start:]
    handler, fence = next(((h, fence) for h, fence in _HANDLERS if h.detect(text)), (None, ""))
    if handler is None or handler.FM_BOUNDARY is None:
        raise ArticleError(path, "has no front matter", hint="begin it with fields between two lines of ---")
    opening = handler.FM_BOUNDARY.match(text)
    above += text.count("\n", 0, opening.end()) if opening else 0
    try:
        source, body = handler.split(text)
    except ValueError:
        hint = f"end the fields with {fence}"
        raise ArticleError(path, "the front matter is never closed", line=above + 1, hint=hint) from None
    if len(source) > FRONT_MATTER_MAXIMUM:
        raise ArticleError(path, f"the front matter is longer than {FRONT_MATTER_MAXIMUM // 1024} KB", line=above + 1)
    fields = _load(handler, path, _STRAY.sub(" ", source), above)
    named = {plain_name(str(name)): value for name, value in reversed(fields.items())}  # of two, the first wins
    return FrontMatter(named, body, source, above)


def _load(handler: BaseHandler, path: str, source: str, above: int) -> dict[str, Any]:
    """The fields as the format's own parser gives them; ``above`` counts the file's lines before ``source``."""
    try:
        fields: Any = handler.load(source)
    except RecursionError:
        raise ArticleError(path, "the front matter is nested too deep", line=above + 1) from None
    except (yaml.YAMLError, ValueError) as error:  # tomllib's and json's errors are ValueErrors
        what, line, hint = _fault(error)
        raise ArticleError(path, f"the front matter cannot be read: {what}", line=above + line, hint=hint) from None
    if not fields:
        return {}
    if not isinstance(fields, dict):
        raise ArticleError(
            path, "the front matter holds no fields", line=above + 1, hint="write one `name: value` a line"
        )
    return fields


def _fault(error: Exception) -> tuple[str, int, str]:
    """What a parser complains of, the line counted from 1, and a hint."""
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        hint = "a value that holds a colon, a quote or a # has to stand in quotes"
        return error.problem or error.context or "it is not YAML", mark.line + 1 if mark else 1, hint
    if found := _TOML_LINE.search(str(error)):
        return str(error)[: found.start()].rstrip(), int(found[1]), ""
    return getattr(error, "msg", "a value is out of range"), getattr(error, "lineno", 1), ""


def opening(file: BinaryIO) -> bytes:
    """The beginning of an article file, as far as its front matter reaches and hardly further."""
    return file.read(FRONT_MATTER_MAXIMUM)
