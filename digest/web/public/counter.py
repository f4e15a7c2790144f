"""What every page has at hand: the reception behind it, templates, the reader's language, the postman."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from digest.model import Subscriber
from digest.postman import Postman
from digest.reception import Reception
from digest.render.pages import Pages

IN_AN_HOUR = {"Retry-After": "3600"}  # seconds: what is asked for is counted by the hour
_HOUSEHOLD = 64  # bits of an IPv6 address that all of one network share


@dataclass(frozen=True, slots=True)
class Counter:
    """``url`` is the base address of the public pages, without a slash at its end; ``privacy_url`` the site's page about
    privacy, or "".
    """

    reception: Reception
    pages: Pages
    postman: Postman
    url: str
    privacy_url: str = ""

    @property
    def root(self) -> str:
        """What stands before the address of every page on its own host: "", or a path such as ``/news``."""
        return urlsplit(self.url).path

    def language(self, request: Request, person: Subscriber | None = None) -> str:
        """What to speak: what the address asks for (``?lang=de``), else the person's own, else the browser's."""
        asked = request.query_params.get("lang", "")
        own = person.language if person else ""
        return self.pages.choose([*filter(None, (asked, own)), *_accepted(request.headers.get("accept-language", ""))])

    def page(
        self,
        request: Request,
        name: str,
        *,
        status: int = 200,
        person: Subscriber | None = None,
        headers: Mapping[str, str] | None = None,
        **values: object,
    ) -> Response:
        """The page made of ``web/NAME.html``, in the language of the person or else of the browser.

        Beside the ``values``, templates know ``url``, ``root`` (the same without scheme and host: links within the pages
        hold by whatever name the server is reached), ``privacy_url``, and ``request_path``: where the same page can be
        had again, or "" for the answer to a form.
        """
        language = self.language(request, person)
        known = {
            "url": self.url,
            "root": self.root,
            "request_path": request.scope["path"] if request.method in {"GET", "HEAD"} else "",
            "privacy_url": self.privacy_url,
        }
        html = self.pages.render(f"web/{name}.html", language, **known, **values)
        return HTMLResponse(html, status, {"Content-Language": language, "Vary": "Accept-Language", **(headers or {})})


def client(request: Request) -> str:
    """The internet address that a request came from, as far as the proxies that are trusted say.

    Of IPv6 the network, a /64: that is the least that one household or one rented machine has to itself (RFC 6177).
    """
    host = request.client.host if request.client else ""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if not isinstance(address, IPv6Address):
        return host
    return str(address.ipv4_mapped or IPv6Network((int(address), _HOUSEHOLD), strict=False))


def _accepted(header: str) -> list[str]:
    """The languages of Accept-Language (RFC 9110, 12.5.4), the most wanted first."""
    weighed = []
    for place, piece in enumerate(header[:1000].split(",")):
        tag, _, parameter = piece.strip().partition(";")
        weight = parameter.strip().removeprefix("q=") or "1"
        if tag and weight.replace(".", "", 1).isdecimal() and float(weight):
            weighed.append((-float(weight), place, tag.strip()))
    return [tag for _, _, tag in sorted(weighed)]
