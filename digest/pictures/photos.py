"""When two pictures are one photo: the same content, or the same address but for its size."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

# What image services are told about the size and form in which they are to send a picture. A size is a number: in other
# addresses the same names say which picture is meant.
_NUMBERS = frozenset(("w", "h", "s", "width", "height", "size", "q", "quality", "dpr"))
_FORMS = frozenset(("fit", "crop", "auto", "fm", "format", "cs", "ixlib", "ixid"))
_SIGNED = frozenset(("ixlib", "ixid"))
_NUMBER = re.compile(r"\d{1,5}(?:\.\d+)?", re.ASCII)


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
    asked = [piece.partition("=")[::2] for piece in parts.query.split("&")]
    signed = any(name.lower() in _SIGNED for name, _ in asked)  # and then `s` is the signature over the rest
    kept = (
        piece
        for piece, (name, value) in zip(parts.query.split("&"), asked, strict=True)
        if not _sizes(name, value) and not (signed and name.lower() == "s")
    )
    return parts._replace(scheme=parts.scheme, netloc=parts.netloc.lower(), query="&".join(kept), fragment="").geturl()


def _sizes(name: str, value: str) -> bool:
    return name.lower() in _FORMS or (name.lower() in _NUMBERS and bool(_NUMBER.fullmatch(value)))
