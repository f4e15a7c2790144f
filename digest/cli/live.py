"""``digest preview --live``: the page that follows every change, as a process that is stopped by a signal."""

from __future__ import annotations

import asyncio
import webbrowser
from typing import TYPE_CHECKING

from digest.cli.listening import until_signalled
from digest.cli.session import Session
from digest.errors import ConfigError, UsageError

if TYPE_CHECKING:
    import socket

    from digest.web.studio import Choice, Press


def live(session: Session, choice: Choice, *, port: int | None, show: bool) -> None:
    """Serves until SIGTERM or Ctrl-C. Raises ConfigError, UsageError; what is wrong later on is shown on the page."""
    from digest.app import clock
    from digest.web.studio import Press
    from digest.web.studio.serving import listen

    press = Press(session.config_path, clock(session.start), choice)
    with session.gauge("reading") as gauge:
        fault = press.look(choice, gauge.reach).fault
    if isinstance(fault, ConfigError | UsageError):
        raise fault
    with listen(port) as listening:
        address = f"http://{listening.getsockname()[0]}:{listening.getsockname()[1]}/"
        session.out(address)
        session.note("it follows every change; Ctrl-C ends it")
        if show:
            webbrowser.open(address)
        asyncio.run(_until_stopped(press, listening))


async def _until_stopped(press: Press, listening: socket.socket) -> None:
    from digest.web.studio.serving import serve

    stop = asyncio.Event()
    await until_signalled(serve(press, listening, stop), stop)
