"""The words of the linter: a rule, what it found, how much it matters."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from digest.model import Article, Fault, Problem


class Level(StrEnum):
    ERROR = "error"  # an article or a part of it is lost
    WARNING = "warning"  # readers will see it
    NOTICE = "notice"  # good to know


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that articles are held to, and what to do where they fall short."""

    name: str
    level: Level
    advice: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that is broken. ``path`` is a file, a feed or a key, ``line`` one of the file, 0 where the whole is meant."""

    rule: Rule
    path: str
    what: str
    line: int = 0
    hint: str = ""

    @property
    def place(self) -> str:
        return f"{self.path}:{self.line}" if self.line else self.path

    @property
    def advice(self) -> str:
        """What to do about this one."""
        return self.hint or self.rule.advice


def _error(name: str, advice: str) -> Rule:
    return Rule(name, Level.ERROR, advice)


def _warning(name: str, advice: str) -> Rule:
    return Rule(name, Level.WARNING, advice)


def _notice(name: str, advice: str) -> Rule:
    return Rule(name, Level.NOTICE, advice)


# --- what reading finds

OF_READING = {
    Fault.UNREADABLE: _error("unreadable", "check the file's rights and size"),
    Fault.ENCODING: _error("encoding", "save the file as UTF-8"),
    Fault.FRONT_MATTER: _error("front-matter", "mend the line that is named; most often a quotation mark is missing"),
    Fault.DATE: _error("date", "write dates as 2025-12-03 or 2025-12-03T07:00:00+01:00"),
    Fault.TITLE: _error("title", "add a line such as `title: What happened`"),
    Fault.COVER: _error("cover", "name a picture that is there, or add its folder to site.static"),
    Fault.SOURCE: _error("source", "write the whole http(s) address"),
    Fault.LANGUAGE: _error("language", "write a language tag such as en or pt-br"),
    Fault.FEED: _error("feed", "see `digest feeds`; leave out a feed that is gone"),
    Fault.OTHER: _error("other", "see what is said of each"),
    Fault.CONTENT: _warning("content", "see what is said of each"),
    Fault.PASSED_OVER: _notice("passed-over", "nothing, if these are no articles"),
}

# --- what one article says

TITLE_CAPITALS = _warning("title-capitals", "write it as a sentence: capitals shout, and are slow to read")
TITLE_CUT = _warning("title-cut", "write the whole title")
ESCAPED_TWICE = _warning("escaped-twice", "write & and quotation marks as they are, or as an entity once")
NO_EXCERPT = _warning("no-excerpt", "write `excerpt:`, or a first paragraph; the article is shown by its title alone")
REFRAIN = _warning("refrain", "leave out what every article begins with; digests cut it off")
NEARLY_EMPTY = _notice("nearly-empty", "write more, or mark it `draft: true`")
FUTURE = _notice("future", "nothing, if it is meant: it is in no edition until then")
FOREIGN = _notice("foreign-language", "nothing, if it is meant; `languages` of a digest says which it takes")

# --- what articles say together

SAME_SOURCE = _warning("same-source", "keep one file for each story: a digest shows only one of them")
SAME_PAGE = _error("same-page", "give each its own slug: both have one address, and a link leads to the wrong one")
SAME_TITLE = _warning("same-title", "tell them apart by their titles, or keep one: a digest may show only one of them")
NO_COVER = _notice("no-cover", "name a picture in `cover:`; most of the others have one")
STOCK_COVER = _warning("stock-cover", "choose a picture of its own: a digest shows each picture once")
NO_CATEGORY = _warning("no-category", "name a `category:`; most of the others have one")
CATEGORY_SPELLING = _warning("category-spelling", "write it in one way everywhere, or name both in `aliases`")
CATEGORY_ONCE = _notice("category-once", "choose a category that others have, or make it a tag")

RULES = (
    *OF_READING.values(),
    *(TITLE_CAPITALS, TITLE_CUT, ESCAPED_TWICE, NO_EXCERPT, REFRAIN, NEARLY_EMPTY, FUTURE, FOREIGN),
    *(SAME_SOURCE, SAME_PAGE, SAME_TITLE, NO_COVER, STOCK_COVER, NO_CATEGORY, CATEGORY_SPELLING, CATEGORY_ONCE),
)


def of_article(rule: Rule, article: Article, what: str) -> Finding:
    return Finding(rule, article.path or article.key, what)


def of_problem(problem: Problem) -> Finding:
    """What reading found, in the linter's words."""
    return Finding(OF_READING[problem.fault], problem.where, problem.what, problem.line, problem.hint)
