"""The archive over HTTP: documents by their addresses, conditional and packed; one reader's own edition by its token.

request ──▶ at hand? ──yes──▶ unchanged? 304 · 200 packed, or as it is          nothing waits, nothing is asked
               └──no──▶ a thread: the ledger, made, remembered ──▶ the same
                              └── moved: 308 · not there: 404 · a token: one reader's own
"""

from __future__ import annotations

from email.utils import format_datetime
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from digest.app import App
from digest.archive import Archive, Document
from digest.archive.document import LIST
from digest.web.conditional import is_known
from digest.web.public.counter import Counter

_FOR_MINUTES = "public, max-age=300"  # seconds; an edition that was stopped is gone everywhere after them
_FOR_GOOD = "public, max-age=31536000, immutable"  # the name of a picture is made of what it shows
_OWN = {"Cache-Control": "private, no-store", "X-Robots-Tag": "noindex, nofollow", "Referrer-Policy": "no-referrer"}
_NOT_MODIFIED, _PERMANENT = 304, 308  # RFC 9110, 15.4.5 and 15.4.9
_DOCUMENTS = (".xml", ".atom")  # which no token ends with, whether there is such a document or not
_MOST_HOSTS = 100  # that a header names; with more, pictures may come from anywhere that is safe


def routes(counter: Counter, app: App) -> list[Route]:
    """The list, editions with their pictures, the feed, the map; and what one reader was sent."""
    archive = Archive(app, f"{counter.url}/archive")

    async def show(request: Request) -> Response:
        path = request.path_params.get("path", LIST)
        if request.scope["path"].endswith("/"):
            return _moved(archive, path.rstrip("/"))
        if document := archive.remembered(path):
            return _answer(request, document)
        return await run_in_threadpool(_looked_up, archive, request, path)

    return [Route("/archive", show), Route("/archive/{path:path}", show)]


def _looked_up(archive: Archive, request: Request, path: str) -> Response:
    if document := archive.find(path):
        return _answer(request, document)
    if moved := archive.number(path):
        return _moved(archive, moved)
    if archive.has(path):  # the beginning of an edition's address
        return _moved(archive, LIST)
    own = None if "/" in path or path.endswith(_DOCUMENTS) else archive.own(path)
    if own is None:
        raise HTTPException(404)
    return _sent(request, own, _OWN)


def _moved(archive: Archive, path: str) -> Response:
    return RedirectResponse(archive.place.link(quote(path)), _PERMANENT, {"Cache-Control": _FOR_MINUTES})


# --- a document ---------------------------------------------------------------------------------------------------


def _answer(request: Request, document: Document) -> Response:
    packed = bool(_packed(request, document))
    headers = {
        "ETag": f'"{document.tag}{"-gzip" if packed else ""}"',  # of this representation (RFC 9110, 8.8.3.3)
        "Last-Modified": format_datetime(document.modified, usegmt=True),
        "Cache-Control": _FOR_GOOD if document.is_picture else _FOR_MINUTES,
    }
    known = is_known(request.headers, headers["ETag"], document.modified)
    return _sent(request, document, headers, status=_NOT_MODIFIED if known else 200)


def _sent(request: Request, document: Document, headers: dict[str, str], status: int = 200) -> Response:
    headers = headers | _policy(document) | ({"Vary": "Accept-Encoding"} if document.packed else {})
    if status == _NOT_MODIFIED:
        return Response(status_code=status, headers=headers)
    packed = _packed(request, document)
    data = packed or document.data
    headers |= {"Content-Length": str(len(data)), **({"Content-Encoding": "gzip"} if packed else {})}
    body = b"" if request.method == "HEAD" else data  # whose length is told all the same (RFC 9110, 9.3.2)
    return Response(body, status, headers, document.media_type)


def _packed(request: Request, document: Document) -> bytes | None:
    return document.packed if _takes_gzip(request.headers) else None


def _policy(document: Document) -> dict[str, str]:
    """What an edition may load: its pictures. Mails are styled in their tags, so its styles are, too."""
    if document.hosts is None:
        return {}
    hosts = document.hosts if len(document.hosts) <= _MOST_HOSTS else ("https:",)
    pictures = " ".join(("'self'", "data:", *hosts))
    policy = (
        f"default-src 'none'; style-src 'unsafe-inline'; img-src {pictures}; form-action 'none'; base-uri 'none'; "
        "frame-ancestors 'none'"
    )
    return {"Content-Security-Policy": policy}


def _takes_gzip(headers: Headers) -> bool:
    """RFC 9110, 12.5.3; what is named itself counts before the asterisk."""
    weights = {}
    for piece in headers.get("accept-encoding", "").lower().split(","):
        coding, _, parameter = piece.partition(";")
        weights[coding.strip()] = not parameter or bool(parameter.replace(" ", "").removeprefix("q=").strip("0."))
    return weights.get("gzip", weights.get("*", False))
