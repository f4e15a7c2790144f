"""When two articles are one, and two categories the same: the canonical forms that are compared.

Nothing here raises, whatever it is given: what an article file holds is untrusted.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from hashlib import blake2b
from urllib.parse import urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}
_NOT_IN_AN_IDENTITY = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")  # databases refuse NUL, UTF-8 refuses surrogates

# Parameters that say how a reader came to a page, never which page it is.
_TRACKING_PREFIXES = ("utm_", "pk_", "mtm_", "hsa_", "gad_", "oly_", "vero_", "guce_")
_TRACKING_NAMES = frozenset(
    {
        *("fbclid", "gclid", "gclsrc", "dclid", "gbraid", "wbraid", "msclkid", "twclid", "ttclid", "yclid"),
        *("li_fat_id", "igsh", "igshid", "ref_src", "ref_url", "_ga", "_gl", "wt_mc", "at_medium", "at_campaign"),
        *("mc_cid", "mc_eid", "mkt_tok", "_hsenc", "_hsmi", "hsctatracking", "ml_subscriber", "ml_subscriber_hash"),
        "guccounter",
    }
)
_TRACKING_PARAMETERS = frozenset({"src=rss", "ref=rss", "from=rss", "source=rss"})  # these names can also mean the page


def canonical_url(url: str) -> str:
    """The part of a URL that names the page: ``example.org/story?id=7``; "" for what is no http(s) URL.

    Scheme, user, ``www.``, default port, slashes at the end, tracking parameters and fragment go, the host becomes
    lower case. The path and what is left of the query stay byte for byte and in their order.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return ""
    if parts.scheme not in _DEFAULT_PORTS or host.split() != [host]:
        return ""
    if host.startswith("www.") and "." in host.removeprefix("www."):
        host = host.removeprefix("www.")
    host = f"[{host}]" if ":" in host else host
    place = host if port in {None, _DEFAULT_PORTS[parts.scheme]} else f"{host}:{port}"
    query = "&".join(parameter for parameter in parts.query.split("&") if not _is_tracking(parameter))
    canonical = place + parts.path.rstrip("/") + (f"?{query}" if query else "")
    return "" if _NOT_IN_AN_IDENTITY.search(canonical) else canonical


def page_of(url: str) -> str:
    """The same of a URL that names one page; "" for that of a whole site, as all entries of some feeds have it."""
    canonical = canonical_url(url)
    return canonical if "/" in canonical or "?" in canonical else ""


def entry_identity(feed: str, key: str, url: str, *, alone: bool) -> str:
    """What the article of a feed's entry is known by: its page, with more to it where it is not ``alone`` there.

    No part of the feed's own address stands in it, which may hold a key.
    """
    page = page_of(url)
    if not page:
        return "feed:" + _hashed(f"{feed}\n{key}")
    return page if alone else f"{page}#{_hashed(key)}"


def _hashed(text: str) -> str:
    return blake2b(text.encode("utf-8", "replace"), digest_size=8).hexdigest()


def site_key(url: str) -> str:
    """The host of a URL as sites are compared, ``example.org``; "" for what is no http(s) URL."""
    return re.split("[/?]", canonical_url(url), maxsplit=1)[0]


def keyless(url: str) -> str:
    """A URL as others may see it, without its user and its query, which may be keys; what is no URL stays as it is."""
    scheme, mark, rest = url.partition("://")
    host, slash, path = rest.partition("?")[0].partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}" if mark else url


def _is_tracking(parameter: str) -> bool:
    parameter = parameter.lower()
    name = parameter.partition("=")[0]
    return name.startswith(_TRACKING_PREFIXES) or name in _TRACKING_NAMES or parameter in _TRACKING_PARAMETERS


def title_key(title: str) -> str:
    """A title as its words alone, in one form of each letter; "" when it has none. Equal keys, same story."""
    return " ".join(_words(title))


@lru_cache(maxsize=4096)  # a site has few categories and tags, and asks for the key of each for every article
def category_key(category: str) -> str:
    """What a category is called in selections, URLs and rules: ``General AI`` is ``general-ai``; "" when it has no word.

    Letters of every script stay; there is never a comma, semicolon, blank or slash in it.
    """
    return "-".join(_words(category))


class _Folding(dict[int, str | None]):
    """For ``str.translate``, filled as characters are met: words stay, apostrophes and invisible characters vanish,
    everything else parts words. ``+`` and ``#`` stay: C, C++ and C# are three things.
    """

    def __missing__(self, code: int) -> str | None:
        character = chr(code)
        kind = unicodedata.category(character)
        kept: str | None = " "
        if character in "'\u2018\u2019\u02bc`" or kind in {"Cf", "Me"} or "VARIATION SELECTOR" in _name(character):
            kept = None
        elif kind[0] in "LMN" or character in "+#":
            kept = character
        self[code] = kept
        return kept


_FOLDING = _Folding()


def _name(character: str) -> str:
    return unicodedata.name(character, "")


def _words(text: str) -> list[str]:
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    # Once more at the end: where a character vanished, a letter and its accent may have come together.
    pieces = unicodedata.normalize("NFKC", folded.translate(_FOLDING)).split()
    return [word for word in (piece.lstrip("+#") for piece in pieces) if word]
