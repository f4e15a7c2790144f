"""Pictures of pages, taken by a Chromium that is found on this machine: the whole height, at a width of one's choice.

    pages ──▶ one host page with a frame for each ──▶ Chromium: how high? ──▶ one shot each ──▶ cut to its frame

Chromium's own windows are never narrower than 500 pixels; a frame may be. The page in it can run no script.
"""

from __future__ import annotations

import html
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from digest.errors import DigestError

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge", "microsoft-edge")
HEIGHT_MAXIMUM = 16_000  # pixels: Chromium draws no higher picture, and nobody reads a longer mail
TIME_LIMIT = 60  # seconds for one start of the browser
LOADING = 5_000  # milliseconds of its own time that the browser waits for pictures from the web

_HOST = "<!DOCTYPE html><meta charset=utf-8><style>html,body{{margin:0;overflow:hidden}}iframe{{border:0;display:block}}</style>{frames}{script}"
_FRAME = '<iframe sandbox="allow-same-origin" width="{width}" height="{height}" srcdoc="{page}"></iframe>'
_MEASURE = (
    "<script>addEventListener('load',()=>{document.title='heights '+[...document.querySelectorAll('iframe')]"
    ".map(f=>Math.ceil(f.contentDocument.documentElement.scrollHeight)).join(' ')})</script>"
)
_HEIGHTS = re.compile(r"<title>heights ([\d ]+)</title>")
_SWITCHES = (
    "--headless", "--disable-gpu", "--hide-scrollbars", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--disable-extensions", "--disable-dev-shm-usage", "--no-first-run", "--no-default-browser-check",
    "--mute-audio", "--force-device-scale-factor=1", f"--virtual-time-budget={LOADING}",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shot:
    """A ``page`` of HTML, to be pictured at this ``width`` in the ``file``."""

    page: str
    width: int
    file: Path


def find() -> str:
    """The command of a Chromium on this machine. Raises DigestError when there is none."""
    if found := next(filter(None, map(shutil.which, NAMES)), ""):
        return found
    raise DigestError("there is no Chromium in PATH", hint=f"looked for {', '.join(NAMES)}")


def take(browser: str, shots: Sequence[Shot], told: Callable[[int], None] = lambda _done: None) -> None:
    """Takes the pictures; ``told`` hears of each. Raises DigestError when the browser does not do it, or not in time."""
    with tempfile.TemporaryDirectory(prefix="digest-screens-", ignore_cleanup_errors=True) as name:
        studio = _Studio(browser, Path(name))
        for shot, height in zip(shots, studio.heights(shots), strict=True):
            studio.take(shot, min(max(height, 1), HEIGHT_MAXIMUM))
            told(1)


class _Studio:
    """A browser, and a folder for it to leave its things in."""

    def __init__(self, browser: str, folder: Path) -> None:
        self._browser = browser
        self._folder = folder

    def heights(self, shots: Sequence[Shot]) -> tuple[int, ...]:
        """How high each page is at its width."""
        frames = "".join(_frame(shot, 1) for shot in shots)
        found = _HEIGHTS.search(self._run(_HOST.format(frames=frames, script=_MEASURE), "--dump-dom"))
        heights = tuple(map(int, found[1].split())) if found else ()
        if len(heights) != len(shots):
            raise DigestError(f"{self._browser}: did not tell how high the pages are", hint=_HINT)
        return heights

    def take(self, shot: Shot, height: int) -> None:
        whole = self._folder / "shot.png"
        whole.unlink(missing_ok=True)
        page = _HOST.format(frames=_frame(shot, height), script="")
        self._run(page, f"--screenshot={whole}", f"--window-size={max(shot.width, 500)},{height}")
        if not whole.is_file():
            raise DigestError(f"{self._browser}: took no picture", hint=_HINT)
        with Image.open(whole) as picture:
            picture.crop((0, 0, shot.width, height)).save(shot.file)

    def _run(self, page: str, *switches: str) -> str:
        """What the browser writes to its standard output. It is ended, with all its processes, when its time is over."""
        host, output = self._folder / "host.html", self._folder / "output"
        host.write_text(page, encoding="utf-8", errors="replace")
        command = [self._browser, *_SWITCHES, f"--user-data-dir={self._folder / 'profile'}", *switches]
        if os.geteuid() == 0:
            command.append("--no-sandbox")  # Chromium refuses to start as root with it
        with output.open("wb") as written:
            process = subprocess.Popen(  # noqa: S603 - the command is a browser that was found by name
                [*command, host.as_uri()],
                stdin=subprocess.DEVNULL,
                stdout=written,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            try:
                process.wait(TIME_LIMIT)
            except subprocess.TimeoutExpired:
                raise DigestError(f"{self._browser}: took longer than {TIME_LIMIT} s", hint=_HINT) from None
            finally:
                _end(process)
        return output.read_text(encoding="utf-8", errors="replace")


_HINT = "`--no-screenshots` does without it"


def _frame(shot: Shot, height: int) -> str:
    return _FRAME.format(width=shot.width, height=height, page=html.escape(shot.page, quote=True))


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends the browser and whatever it has started, if any of it is still there."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
