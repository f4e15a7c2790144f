"""The pages of the live preview: the desk itself, the mail in its schemes, its source, and the sending of tests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import parse_qs

from starlette.datastructures import ImmutableMultiDict
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.templating import Jinja2Templates

from digest import desk
from digest.bundle import bundled
from digest.errors import DigestError, UsageError
from digest.model import Message, Reply
from digest.proof import Scheme, as_seen
from digest.web.studio import views
from digest.web.studio.choices import Choice
from digest.web.studio.press import Mail, Press, Print, Sheet

TESTS_MAXIMUM = 10  # addresses of one's own
FORM_MAXIMUM = 10_000  # bytes

_OURS = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; frame-src 'self'; "
_OURS += "form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
# The mail is foreign: it may show pictures and styles, and do nothing. The page around it reaches into it (same origin).
_MAILS = "default-src 'none'; img-src data: https: http:; font-src data: https:; style-src 'unsafe-inline' https:; "
_MAILS += "form-action 'none'; base-uri 'none'; frame-ancestors 'self'; sandbox allow-same-origin allow-popups"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the mail server said about one test."""

    to: str
    reply: Reply

    @property
    def accepted(self) -> bool:
        return desk.accepted(self.reply)


class Pages:
    """Each public method answers one address; the sheets come from the ``press``."""

    def __init__(self, press: Press) -> None:
        self._press = press
        self._templates = Jinja2Templates(directory=bundled("templates") / "web" / "studio")
        self._templates.env.filters |= {"size": views.size, "moment": views.moment}
        self._templates.env.globals["schemes"] = tuple(Scheme)

    def routes(self) -> list[BaseRoute]:
        static = bundled("templates") / "web" / "studio" / "static"
        return [
            Route("/", self.index),
            Route("/mail", self.mail),
            Route("/lines/{part}", self.lines),
            Route("/message.eml", self.message),
            Route("/events", self.events),
            Route("/test", self.test, methods=["POST"]),
            Mount("/static", StaticFiles(directory=static)),
        ]

    async def index(self, request: Request) -> Response:
        """The desk, printed anew: readers and frozen editions change without a file that is watched.

        The script on it fetches it again after a change, and takes over the parts that are other ones.
        """
        choice, sheet = await self._sheet(request, anew=True)
        return self._page(request, "index.html", views.values(sheet, choice))

    async def mail(self, request: Request) -> Response:
        """The HTML part as a mail program shows it."""
        mail = await self._mail(request)
        if mail is None:
            return self._nothing()
        scheme = request.query_params.get("scheme", "")
        seen = Scheme(scheme) if scheme in tuple(Scheme) else Scheme.LIGHT
        images = request.query_params.get("images") != "off"
        html = await asyncio.to_thread(as_seen, mail.page, seen, images=images)
        return HTMLResponse(html, headers={"Content-Security-Policy": _MAILS})

    async def lines(self, request: Request) -> Response:
        """A part of the mail as it is written, with its lines numbered."""
        mail = await self._mail(request)
        if mail is None:
            return self._nothing()
        written = {
            "text": lambda: mail.report.text,
            "html": lambda: mail.report.html,
            "message": lambda: mail.preview.message.data.decode("utf-8", "replace"),
        }.get(request.path_params["part"])
        if written is None:
            return PlainTextResponse("a mail has text, html and message", 404)
        return self._page(request, "lines.html", {"lines": written().splitlines(), "part": request.path_params["part"]})

    async def message(self, request: Request) -> Response:
        """The message itself, for a mail program."""
        mail = await self._mail(request)
        if mail is None:
            return self._nothing()
        name = mail.preview.edition.replace("/", "-")
        headers = {"Content-Disposition": f'attachment; filename="{name}.eml"'}
        return Response(mail.preview.message.data, media_type="message/rfc822", headers=headers)

    async def events(self, _request: Request) -> Response:
        """Server-sent events: the version that is current, and each later one."""
        return StreamingResponse(self._versions(), media_type="text/event-stream")

    async def test(self, request: Request) -> Response:
        """Sends the mail, marked as a test, to addresses of one's own."""
        body = bytearray()
        async for piece in request.stream():
            body += piece
            if len(body) > FORM_MAXIMUM:
                return PlainTextResponse("too long", 413)
        form = ImmutableMultiDict([(k, v) for k, vs in parse_qs(body.decode("utf-8", "replace")).items() for v in vs])
        addresses = " ".join(form.getlist("to")).replace(",", " ").split()
        answers: list[Answer] = []
        fault = None
        try:
            await self._try_out(Choice.read(form), addresses, answers)
        except DigestError as error:
            fault = error
        return self._page(request, "tests.html", {"answers": answers, "fault": fault})

    # --- behind the pages

    async def _try_out(self, choice: Choice, addresses: list[str], answers: list[Answer]) -> None:
        if not 0 < len(addresses) <= TESTS_MAXIMUM:
            raise UsageError(f"a test goes to 1 to {TESTS_MAXIMUM} addresses, not to {len(addresses)}")
        sheet = await asyncio.to_thread(self._press.look, choice)
        shown = sheet.print
        if fault := sheet.fault or (shown and shown.nothing):
            raise fault
        assert shown  # without a fault something was printed
        messages = await asyncio.to_thread(_messages, shown, choice, addresses)
        await desk.hand_over(shown.app, messages, lambda message, reply: answers.append(Answer(message.to, reply)))

    async def _versions(self) -> AsyncIterator[str]:
        bell = self._press.bell
        heard = bell.rung
        while not bell.silenced:
            yield f"event: version\ndata: {heard}\n\n"
            heard = await bell.after(heard)

    async def _sheet(self, request: Request, *, anew: bool = False) -> tuple[Choice, Sheet]:
        """What the page's address asks for; a bare address means what the command was started with."""
        chosen = any(key in request.query_params for key in ("digest", "period", "for", "category"))
        choice = Choice.read(request.query_params) if chosen else self._press.start
        return choice, await asyncio.to_thread(self._press.look, choice, anew=anew)

    async def _mail(self, request: Request) -> Mail | None:
        _, sheet = await self._sheet(request)
        return sheet.print.mail if sheet.print else None

    def _page(self, request: Request, name: str, values: dict[str, object]) -> Response:
        return self._templates.TemplateResponse(request, name, values, headers={"Content-Security-Policy": _OURS})

    def _nothing(self) -> Response:
        return PlainTextResponse("there is no mail to show", 404)


def _messages(shown: Print, choice: Choice, addresses: list[str]) -> tuple[Message, ...]:
    app, explanation, selection = shown.app, shown.explanation, choice.reader(shown.app).selection
    if explanation.record:
        letter = desk.frozen_trial_letter(app, explanation.record, selection)
    else:
        app.galleries[shown.digest.name].publish()  # a mail program will ask for them
        letter = desk.trial_letter(app, shown.digest, explanation.prepared, selection)
    return desk.trials(app, letter, addresses)
