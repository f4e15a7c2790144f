"""Languages: what a digest does not take because of its own, whether that is most of what there is, and translations."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence

from digest.compose.verdicts import Verdict
from digest.model import Article, Fault, Problem, is_read, primary

FOREIGN = "in another language"
NAMED = 3  # languages in a problem


def objection(article: Article, languages: Collection[str]) -> str:
    """What speaks against it where these languages are taken, "" where nothing does."""
    return "" if is_read(article.language, languages) else f"{FOREIGN} ({article.language})"


def untranslated(article: Article) -> str:
    """Its path without what names its language, the same for all translations of one article: ``regatta.md`` for
    ``regatta.de.md`` and for ``de/regatta.md``. Of an article without a path it is "".
    """
    *folders, file = article.path.split("/")
    stem, dot, suffix = file.rpartition(".")
    name, _, end = stem.rpartition(".")
    if name and _names_its_language(end, article):
        stem = name
    return "/".join((*(folder for folder in folders if not _names_its_language(folder, article)), stem + dot + suffix))


def translations(articles: Iterable[Article]) -> frozenset[str]:
    """The paths without languages of what is there in several: once in each, else these are no translations."""
    found: defaultdict[str, dict[str, str]] = defaultdict(dict)  # path without language -> path -> language
    for article in articles:
        if article.path:
            found[untranslated(article)][article.path] = article.language.casefold()
    return frozenset(name for name, files in found.items() if 1 < len(files) == len(set(files.values())))


def _names_its_language(name: str, article: Article) -> bool:
    said = name.casefold().replace("_", "-")
    language = article.language.casefold()
    return bool(said) and said in {language, primary(language)}


def preference(article: Article, languages: Sequence[str]) -> float:
    """Ascending: the language that is named first comes first. Right after that comes an article that does not say its
    language, which may be in it.
    """
    places = (place for place, tag in enumerate(languages) if primary(tag) == primary(article.language))
    return next(places, len(languages) or 1) if article.language else 0.5


def otherwise_good(verdicts: Iterable[Verdict]) -> tuple[Article, ...]:
    """The articles against which nothing speaks, but perhaps their language: it is asked for last."""
    return tuple(v.article for v in verdicts if v.included or v.considered or v.reason.startswith(FOREIGN))


def lost(articles: Collection[Article], languages: Collection[str], digest: str) -> tuple[Problem, ...]:
    """A Problem if most of these are in languages that no digest takes; ``languages`` are those that any does, none
    standing for all.
    """
    foreign = Counter(article.language for article in articles if not is_read(article.language, languages))
    if foreign.total() * 2 <= len(articles):
        return ()
    named = " and ".join(tag for tag, _ in foreign.most_common(NAMED))
    what = f"{foreign.total():,} of {len(articles):,} articles are in {named}, and no digest takes that"
    hint = f"only {' and '.join(sorted(languages))} is taken: name the languages in it, or [] for all"
    return (Problem(f"digests.{digest}.languages", what, hint, fault=Fault.LANGUAGE),)
