"""What every page has at hand: the reception behind it, templates, the reader's language, the postman."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from digest.model import Subscriber
from digest.postman import Postman
from digest.reception import Reception
from digest.render.pages import Pages


@dataclass(frozen=True, slots=True)
class Counter:
    """``url`` is the base address of the public pages, without a slash at its end."""

    reception: Reception
    pages: Pages
    postman: Postman
    url: str

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
        """The page made of ``web/NAME.html``, in the language of the person or else of the browser."""
        language = self.language(request, person)
        html = self.pages.render(f"web/{name}.html", language, url=self.url, request_path=request.url.path, **values)
        return HTMLResponse(html, status, {"Content-Language": language, "Vary": "Accept-Language", **(headers or {})})


def client(request: Request) -> str:
    """The internet address that a request came from, as far as the proxies that are trusted say."""
    return request.client.host if request.client else ""


def _accepted(header: str) -> list[str]:
    """The languages of Accept-Language (RFC 9110, 12.5.4), the most wanted first."""
    weighed = []
    for place, piece in enumerate(header[:1000].split(",")):
        tag, _, parameter = piece.strip().partition(";")
        weight = parameter.strip().removeprefix("q=") or "1"
        if tag and weight.replace(".", "", 1).isdecimal() and float(weight):
            weighed.append((-float(weight), place, tag.strip()))
    return [tag for _, _, tag in sorted(weighed)]
