"""The documents of the archive, each made of what was frozen, the site's templates, and the addresses around it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from digest.app import App
from digest.archive import feeds
from digest.archive.catalogue import Catalogue, headline, path_of, picture_name
from digest.archive.document import FEED, ICON, LIST, PAGE, SITEMAP, STYLES, Document
from digest.archive.place import Place
from digest.render.online import Online, nameless, online
from digest.store.archive import Published, Sheet

_KINDS = {FEED: "application/atom+xml", SITEMAP: "application/xml", STYLES: "text/css", ICON: "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class Row:
    """An edition as templates see it that link to it."""

    link: str
    digest: str
    number: int
    headline: str
    preheader: str
    published: datetime


class Pages:
    """Makes documents. May raise RenderError, where a site's own template is broken, and StoreError."""

    def __init__(self, app: App, place: Place) -> None:
        self._app = app
        self._place = place
        self._language = app.pages.languages[0]
        self._zone = ZoneInfo(app.config.site.timezone)

    @property
    def paths(self) -> tuple[str, ...]:
        """What there is besides editions."""
        return (LIST, FEED, *([SITEMAP] if self._app.config.web.index else ()), STYLES, ICON)

    def general(self, catalogue: Catalogue, path: str) -> Document:
        """One of ``paths``."""
        match path:
            case "":
                data = self._list(catalogue).encode()
            case "feed.atom":
                look = self._app.look
                data = feeds.feed(catalogue, self._place, title=look.site_title, language=self._language)
            case "sitemap.xml":
                data = feeds.sitemap(catalogue, self._place)
            case _:
                data = self._app.pages.render(f"web/{path.rpartition('/')[2]}", self._language).encode()
        return Document(path, _KINDS.get(path, PAGE), data, catalogue.modified)

    def edition(self, catalogue: Catalogue, edition: Published, sheet: Sheet, *, own: bool = False) -> Document:
        """The page of an edition; ``own`` is what one reader was sent of it, which no search engine may list."""
        mail = self._online(edition, sheet)
        before, after = catalogue.around(edition)
        page = self._app.pages.render(
            "web/edition.html",
            self._app.pages.choose([sheet.language]),
            **self._shared(path_of(edition)),
            mail=mail,
            title=nameless(sheet.subject),
            description=nameless(sheet.preheader),
            published=edition.frozen,
            picture=self._place.whole(mail.picture),
            before=before and self._row(before),
            after=after and self._row(after),
            own=own,
        )
        return Document(path_of(edition), PAGE, page.encode(), catalogue.modified_page(edition), mail.hosts)

    def _online(self, edition: Published, sheet: Sheet) -> Online:
        path = path_of(edition)
        names = {cid: self._place.link(f"{path}/{picture_name(cid, kind)}") for cid, kind in sheet.pictures.items()}
        return online(sheet.html, lambda cid: names.get(cid, ""), preheader=sheet.preheader)

    def _list(self, catalogue: Catalogue) -> str:
        years = catalogue.years(self._zone)
        return self._app.pages.render(
            "web/archive.html",
            self._language,
            **self._shared(LIST),
            years=[(year, [self._row(edition) for edition in editions]) for year, editions in years],
            several=len(catalogue.digests) > 1,
        )

    def _row(self, edition: Published) -> Row:
        return Row(
            link=self._place.link(path_of(edition)),
            digest=edition.title,
            number=edition.number,
            headline=headline(edition),
            preheader=nameless(edition.preheader),
            published=edition.frozen.astimezone(self._zone),
        )

    def _shared(self, path: str) -> dict[str, object]:
        """What the templates of all pages know; ``path`` is the address that a page is known by."""
        web = self._app.config.web
        home = web.url.rstrip("/")
        return {
            "root": self._place.root,
            "archive": self._place.link(LIST),
            "feed": self._place.of(FEED),
            "canonical": self._place.of(path),
            "home": self._place.near(f"{home}/") if home else self._app.config.site.url,
            "subscribe": self._place.near(f"{home}/subscribe") if home else "",
            "privacy_url": web.privacy_url,
            "index": web.index,
        }
