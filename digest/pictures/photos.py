"""When two pictures are one photo: the same content, or the same address but for its size."""

from __future__ import annotations

from urllib.parse import urlsplit

# What image services are told about the size and form in which they are to send a picture.
_SIZING = frozenset(
    (
        "w",
        "h",
        "width",
        "height",
        "fit",
        "crop",
        "q",
        "quality",
        "auto",
        "fm",
        "format",
        "dpr",
        "ixlib",
        "ixid",
        "cs",
        "s",
    )
)


class Photos:
    """Gives each photo one name, whatever it was met by first."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def name(self, url: str, content: str) -> str:
        """The photo at this ``url``, with this ``content`` (its hash); either may be "", not both."""
        signs = [sign for sign in (without_sizes(url), content) if sign]
        name = next((self._names[sign] for sign in signs if sign in self._names), signs[0])
        for sign in signs:
            self._names.setdefault(sign, name)
        return name


def without_sizes(url: str) -> str:
    """The address of the photo itself; "" for none."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    kept = (piece for piece in parts.query.split("&") if piece.partition("=")[0].lower() not in _SIZING)
    return parts._replace(scheme=parts.scheme, netloc=parts.netloc.lower(), query="&".join(kept), fragment="").geturl()
