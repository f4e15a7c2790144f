"""What categories and sources are called, and which of them are the same."""

from __future__ import annotations

from collections import Counter

from digest.compose.rules import Rules
from digest.identity import category_key, site_key
from digest.model import Article


class Naming:
    """Which category is meant, what it is called, and where it stands."""

    def __init__(self, rules: Rules) -> None:
        self._meant = {category_key(written): meant for written, meant in rules.aliases.items()}
        self._called = {category_key(meant): meant for meant in sorted(rules.aliases.values(), reverse=True)}
        self.rest = category_key(rules.uncategorised)
        self._uncategorised = rules.uncategorised
        order = dict.fromkeys(category_key(self.meant(category)) for category in rules.order)
        self._rank = {key: rank for rank, key in enumerate(order)}

    def meant(self, category: str) -> str:
        key = category_key(category)
        return self._meant.get(key, category if key else self._uncategorised)

    def key(self, category: str) -> str:
        return category_key(self.meant(category))

    def called(self, key: str, spellings: Counter[str]) -> str:
        """As an alias spells it, else as most articles do."""
        return self._called.get(key) or min(spellings, key=lambda spelling: (-spellings[spelling], spelling))

    def rank(self, key: str) -> int:
        return self._rank.get(key, len(self._rank))

    def keys(self, key: str) -> frozenset[str]:
        """What readers of this category may have chosen: it, and the categories that mean it."""
        return frozenset({key, *(written for written, meant in self._meant.items() if category_key(meant) == key)})


def source_name(written: str) -> str:
    """A host or the name of a source, as rules and articles are compared by it."""
    return written.strip().casefold().removeprefix("www.")


def source_names(article: Article) -> tuple[str, ...]:
    """What the source of an article may be called: the host of its source, of its page, the source it was found in."""
    names = (site_key(article.source), site_key(article.url), source_name(article.origin))
    return tuple(name for name in names if name)


def maker(article: Article) -> str:
    """Whose article it is: the host of its source, else the source it was found in."""
    return site_key(article.source) or source_name(article.origin)
