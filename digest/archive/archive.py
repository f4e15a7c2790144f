"""The archive as somebody asks for it: by an address, by a reader's token, or all of it."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock

from digest.app import App
from digest.archive.catalogue import Catalogue, path_of, picture_name
from digest.archive.document import Document
from digest.archive.memory import Memory
from digest.archive.pages import Pages
from digest.archive.place import Place
from digest.links import Purpose
from digest.store.archive import Published, Sheet

FRESH = timedelta(seconds=5)  # how long the list of editions is taken for what it was


@dataclass(frozen=True, slots=True)
class _Stock:
    """What the ledger held at one moment, and what was made of it since: it grows stale all at once."""

    stamp: object
    catalogue: Catalogue
    memory: Memory = field(default_factory=Memory)


class Archive:
    """Makes documents when they are first asked for, and holds them ready. May be asked by several threads at once.

    ``url`` is the address of its list. Every method may raise StoreError, and RenderError for a template of the site's.
    """

    def __init__(self, app: App, url: str) -> None:
        self.place = Place.parse(url)
        self._app = app
        self._ledger = app.publications
        self._pages = Pages(app, self.place)
        self._stock = _Stock(None, Catalogue())
        self._looked: datetime | None = None
        self._looking = Lock()

    def remembered(self, path: str) -> Document | None:
        """The document under a path if it is at hand: nobody waits for anything."""
        return self._stock.memory.get(path) if self._is_fresh() else None

    def find(self, path: str) -> Document | None:
        """The document under a path; None where there is none."""
        stock = self._fresh()
        return stock.memory.get(path) or self._kept(stock, path, self._made(stock.catalogue, path))

    def number(self, name: str) -> str:
        """The path of the edition of that name (``weekly/2025-W40``), "" where there is none."""
        edition = self._fresh().catalogue.by_name.get(name)
        return path_of(edition) if edition else ""

    def has(self, digest: str) -> bool:
        """Whether there are editions of it."""
        return digest in self._fresh().catalogue.digests

    def own(self, token: str) -> Document | None:
        """What the reader of an archive link was sent, or the whole edition; None for one that is not shown.

        It holds nothing of the reader's own, so that all who were sent the same share it. Raises LinkError.
        """
        name, subscriber = self._app.signer.read(Purpose.ARCHIVE, token)
        stock = self._fresh()
        edition = stock.catalogue.by_name.get(name)
        sheet = edition and (self._ledger.own(edition.id, subscriber) or self._ledger.whole(edition.id))
        if not edition or not sheet:
            return None
        key = (Purpose.ARCHIVE, sheet.id)
        return stock.memory.get(key) or self._kept(
            stock, key, self._pages.edition(stock.catalogue, edition, sheet, own=True)
        )

    def every(self) -> Iterator[Document]:
        """All documents as they are at this moment, one at a time."""
        catalogue = self._fresh().catalogue
        for path in self._pages.paths:
            yield self._pages.general(catalogue, path)
        for edition in reversed(catalogue.editions):
            if sheet := self._ledger.whole(edition.id):
                yield self._pages.edition(catalogue, edition, sheet)
                yield from self._pictures(edition, sheet)

    # --- making

    def _made(self, catalogue: Catalogue, path: str) -> Document | None:
        if path in self._pages.paths:
            return self._pages.general(catalogue, path)
        if edition := catalogue.by_path.get(path):
            sheet = self._ledger.whole(edition.id)
            return self._pages.edition(catalogue, edition, sheet) if sheet else None
        page, _, name = path.rpartition("/")
        edition = catalogue.by_path.get(page)
        return self._picture(edition, name) if edition else None

    def _picture(self, edition: Published, name: str) -> Document | None:
        known = self._ledger.pictures(edition.id)
        return next(
            (self._shown(edition, cid, kind) for cid, kind in known.items() if picture_name(cid, kind) == name), None
        )

    def _pictures(self, edition: Published, sheet: Sheet) -> Iterator[Document]:
        return (self._shown(edition, cid, kind) for cid, kind in sheet.pictures.items())

    def _shown(self, edition: Published, cid: str, kind: str) -> Document:
        path = f"{path_of(edition)}/{picture_name(cid, kind)}"
        return Document(path, kind, self._ledger.picture(edition.id, cid) or b"", edition.frozen)

    # --- remembering

    @staticmethod
    def _kept(stock: _Stock, key: Hashable, document: Document | None) -> Document | None:
        if document:
            stock.memory.keep(key, document)
        return document

    def _is_fresh(self) -> bool:
        return self._looked is not None and abs(self._app.now() - self._looked) < FRESH

    def _fresh(self) -> _Stock:
        """What is in the ledger; looked at again now and then, and read again when it has changed."""
        with self._looking:
            if not self._is_fresh():
                now = self._app.now()
                stamp = self._ledger.stamp()
                if stamp != self._stock.stamp:
                    self._stock = _Stock(stamp, Catalogue(self._ledger.every(), stamp[3]))
                self._looked = now
            return self._stock
