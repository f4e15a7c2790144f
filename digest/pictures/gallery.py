"""The gallery: every cover of an edition made fit for mail, or left out for a reason that is told.

    images ──▶ one look at each address ──▶ covers, and problems
                 │  LINK   is it there, is it a picture that mail programs show, how large is it?
                 │  EMBED  made into files that travel inside the mail
                 └  HOST   made into the same files, for the site's own folder

A look never raises: what is wrong with a picture becomes a Problem, and the others go on.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath
from threading import BoundedSemaphore

from digest.errors import DigestError
from digest.model import Attachment, Cover, Image, Picture, Problem
from digest.pictures.cache import Cache, write_whole
from digest.pictures.faults import PictureError
from digest.pictures.finding import UNSAFE, Finder, Getter, host_of
from digest.pictures.photos import Photos
from digest.pictures.printing import Print, measure, prints

_FETCHES = 8  # at once
_DECODED = 2  # at once: each may unfold to PIXELS_MAXIMUM
_SHOWN = 120  # characters of an address in a problem
_INSTEAD = 'set `images = "embed"` or "host": it is then made into a JPEG or PNG'
_UNSHOWN = {
    "SVG": "is an SVG, which Gmail does not show",
    "AVIF": "is an AVIF, which Outlook does not show",
}
_HARDLY_SHOWN = {"WEBP": "is a WebP, which Outlook for Windows does not show"}


class Mode(StrEnum):
    """How pictures reach the reader."""

    LINK = "link"  # from where they are on the web
    EMBED = "embed"  # inside the mail
    HOST = "host"  # from the site, which gets a copy that is fit for mail


@dataclass(frozen=True, slots=True)
class Host:
    """Where prepared pictures are written, and the address that this ``folder`` has on the web."""

    folder: Path
    url: str


@dataclass(frozen=True, slots=True)
class _Look:
    """What was seen of one picture: how it is shown, if it can be, and what is wrong, if anything is."""

    small: Picture | None = None
    large: Picture | None = None
    content: str = ""
    fault: PictureError | None = None
    files: tuple[Print, ...] = ()


class Gallery:
    """Looks at pictures and prepares them; ``small`` and ``large`` are the CSS pixels at which mails show them.

    Without a ``fetcher`` nothing is fetched, without a ``cache`` folder nothing is remembered. Nothing is written but
    the cache until ``publish``. HOST needs a ``host``.
    """

    def __init__(
        self,
        mode: Mode,
        *,
        fetcher: Getter | None,
        cache: Path | None,
        host: Host | None = None,
        small: int = 164,
        large: int = 536,
    ) -> None:
        self._mode = mode
        self._fetcher = fetcher
        self._cache = Cache(cache) if cache else None
        self._host = host
        self._sizes = (small, large)
        self._desk = BoundedSemaphore(_DECODED)
        self._unpublished: dict[str, Print] = {}

    def hang(self, images: Iterable[tuple[str, Image]]) -> tuple[dict[Image, Cover | None], tuple[Problem, ...]]:
        """The cover made of each image, None for one that is not to be shown, and what is wrong, each thing once.

        ``images`` come with the path or key of their article. Never raises for a picture.
        """
        used: dict[Image, str] = {}
        for where, image in images:
            used.setdefault(image, where)
        finder = Finder(self._fetcher, self._cache)
        looks = self._look_at_all(finder, {self._address(image): image for image in reversed(used)})
        if self._cache:
            self._cache.prune()
        photos, report, covers = Photos(), _Report(), dict[Image, Cover | None]()
        for image, where in used.items():
            look = looks[self._address(image)]
            gone = look.fault is not None and look.fault.unknown and finder.answered
            covers[image] = None if gone else _cover(look, image, photos)
            if look.fault:
                report.add(where, image, look.fault, shown=covers[image] is not None)
            self._unpublished |= {f"{file.name}.{file.suffix}": file for file in look.files}
        return covers, report.problems

    def unpublished(self) -> dict[str, Print]:
        """The files that ``publish`` would write, by the addresses that mails will load them from."""
        return {self._host_address(file): file for file in self._unpublished.values()}

    def publish(self) -> None:
        """Writes the files of all covers hung so far into the host's folder; those that are there stay as they are.

        To be called before the mails that name them are frozen. Raises DigestError.
        """
        if not self._host:
            return
        folder = self._host.folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for name, file in self._unpublished.items():
                if not (folder / name).exists():
                    write_whole(folder / name, file.data)
        except OSError as error:
            raise DigestError(
                f"pictures cannot be written into {folder}: {error.strerror}", hint="`folder` under [images] names it"
            ) from error
        self._unpublished.clear()

    def _address(self, image: Image) -> str:
        return image.url or image.file if self._mode is Mode.LINK else image.file or image.url

    def _look_at_all(self, finder: Finder, wanted: Mapping[str, Image]) -> dict[str, _Look]:
        """A look at each address; the first picture of each host goes ahead, to learn whether that host answers."""
        ahead = {host_of(address): address for address in wanted}.values()
        looks: dict[str, _Look] = {}
        look: Callable[[str], _Look] = lambda address: self._look(finder, wanted[address])  # noqa: E731 - for map()
        # Pillow warns of odd but harmless files. Filters are the process's, so they are set before threads begin.
        with warnings.catch_warnings(action="ignore"), ThreadPoolExecutor(_FETCHES) as pool:
            for group in (tuple(ahead), tuple(wanted.keys() - set(ahead))):
                looks |= zip(group, pool.map(look, group), strict=True)
        return looks

    def _look(self, finder: Finder, image: Image) -> _Look:
        try:
            return self._linked(finder, image) if self._mode is Mode.LINK else self._printed(finder, image)
        except PictureError as fault:
            return _Look(fault=fault)

    def _linked(self, finder: Finder, image: Image) -> _Look:
        if image.url.startswith("http://") and not image.file:
            raise PictureError(*UNSAFE)
        if not image.url.startswith("https://"):
            raise PictureError("has no https address to link", 'set `images = "embed"` or "host"')
        claimed = Picture(image.url, image.width, image.height)
        if self._fetcher is None and not image.file:
            return _Look(claimed, claimed, fault=_judged(_kind_by_name(image.url)))
        try:
            data = finder.read(image.file) if image.file else finder.fetch(image.url)
        except PictureError as fault:
            if not fault.host:
                raise
            return _Look(claimed, claimed, fault=fault)
        with self._desk:
            kind, width, height = measure(data)
        real = Picture(image.url, width, height)
        return _Look(real, real, _hash(data), _judged(kind))

    def _printed(self, finder: Finder, image: Image) -> _Look:
        data = finder.read(image.file) if image.file else finder.fetch(image.url)
        with self._desk:
            finder.hurry()
            small, large = prints(data, *self._sizes)
        files = (small, large) if self._host and self._mode is Mode.HOST else ()
        return _Look(self._framed(small), self._framed(large), _hash(data), files=files)

    def _host_address(self, file: Print) -> str:
        base = self._host.url if self._host else ""
        return f"{base.rstrip('/')}/{file.name}.{file.suffix}"

    def _framed(self, file: Print) -> Picture:
        if self._host and self._mode is Mode.HOST:
            return Picture(self._host_address(file), file.width, file.height)
        attachment = Attachment(f"{file.name}@covers", file.media_type, file.data)
        return Picture(f"cid:{attachment.cid}", file.width, file.height, attachment)


class _Report:
    """What is wrong, told once: a picture's own fault once for its address, a silent host once for all its pictures."""

    def __init__(self) -> None:
        self._problems: dict[str, Problem] = {}

    def add(self, where: str, image: Image, fault: PictureError, *, shown: bool) -> None:
        if fault.host:
            what = f"the cover images on {fault.host} could not be looked at: {fault.what}"
            self._problems.setdefault(
                f"//{fault.host}",
                Problem(where, what, "they stay linked" if shown else "their articles are shown without"),
            )
        else:
            name = PurePosixPath(image.file).name or image.url[:_SHOWN]
            what = f"the cover image {name} {fault.what}"
            self._problems.setdefault(what, Problem(where, what, fault.hint))

    @property
    def problems(self) -> tuple[Problem, ...]:
        return tuple(self._problems.values())


def _cover(look: _Look, image: Image, photos: Photos) -> Cover | None:
    if look.small is None or look.large is None:
        return None
    return Cover(look.small, look.large, photos.name(image.url, look.content))


def _judged(kind: str) -> PictureError | None:
    """What mail programs make of a linked picture of this kind. Raises PictureError if too many show nothing."""
    if what := _UNSHOWN.get(kind):
        raise PictureError(what, _INSTEAD)
    return PictureError(_HARDLY_SHOWN[kind], _INSTEAD) if kind in _HARDLY_SHOWN else None


def _kind_by_name(url: str) -> str:
    path = url.partition("#")[0].partition("?")[0]
    return PurePosixPath(path).suffix.removeprefix(".").upper()


def _hash(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"
