"""What every site on the web has: its style sheet, its icon, what robots may read; and whether all is well."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from digest.app import App
from digest.errors import StoreError
from digest.web.conditional import is_known
from digest.web.public.counter import Counter

STALE = timedelta(minutes=5)  # `digest run` ticks every few seconds, and writes it down once a minute
OVERDUE = timedelta(minutes=15)  # a letter that is not on its way by then: whoever asked for it has given up
_FRESH = "public, max-age=300"  # seconds
_TOKENS = ("confirm", "unsubscribe", "undo", "preferences")


def routes(counter: Counter, app: App) -> list[Route]:
    """None of them is about a person."""

    def styles(request: Request) -> Response:
        return _made(counter, request, "pages.css", "text/css")

    def icon(request: Request) -> Response:
        return _made(counter, request, "favicon.svg", "image/svg+xml")

    def linkless(request: Request) -> Response:
        return counter.page(request, "linkless")

    def robots(_request: Request) -> Response:
        return PlainTextResponse(_robots(counter, index=app.config.web.index), headers={"Cache-Control": _FRESH})

    def health(_request: Request) -> Response:
        return _health(app)

    return [
        Route("/static/pages.css", styles),
        Route("/favicon.svg", icon),
        Route("/favicon.ico", icon),  # what browsers ask for that were told of no other
        Route("/robots.txt", robots),
        Route("/health", health),
        *(Route(path, linkless) for name in ("unsubscribe", "preferences") for path in (f"/{name}", f"/{name}/")),
    ]


def _made(counter: Counter, request: Request, name: str, kind: str) -> Response:
    """A file that is a template: the same in all languages, and sent again only when it has changed."""
    text = counter.pages.render(f"web/{name}", counter.pages.languages[0])
    headers = {"ETag": f'"{hashlib.sha256(text.encode()).hexdigest()[:16]}"', "Cache-Control": _FRESH}
    if is_known(request.headers, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(text, media_type=kind, headers=headers)


def _robots(counter: Counter, *, index: bool) -> str:
    """RFC 9309. A page that acts for somebody is nothing for a robot, and its address is known to none."""
    closed = [f"Disallow: {counter.root}/{name}/" for name in _TOKENS] if index else [f"Disallow: {counter.root}/"]
    sitemap = [f"\nSitemap: {counter.url}/archive/sitemap.xml"] if index else []
    return "\n".join(["User-agent: *", *closed, *sitemap]) + "\n"


def _health(app: App) -> Response:
    """Whether the database answers, `digest run`, if it was ever seen, still ticks, and letters leave."""
    now = app.now()
    try:
        tick, (waiting, oldest), answers = app.heartbeat.last(), app.requests.waiting(), True
    except StoreError:
        tick, (waiting, oldest), answers = None, (0, None), False
    well = answers and (tick is None or abs(now - tick) < STALE) and (oldest is None or now - oldest <= OVERDUE)
    facts = {
        "status": "ok" if well else "ill",
        "database": "ok" if answers else "ill",
        "scheduler": tick.isoformat() if tick else None,
        "letters": {"waiting": waiting, "oldest": oldest.isoformat() if oldest else None},
    }
    return JSONResponse(facts, 200 if well else 503)
