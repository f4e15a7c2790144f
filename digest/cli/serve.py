"""``digest serve``: the pages for readers, as a process that is stopped by a signal."""

from __future__ import annotations

from functools import partial

import click

from digest.cli.hooks import say_where
from digest.cli.listening import listens, stand
from digest.cli.session import Session, pass_session
from digest.cli.telling import telling


@click.command(short_help="Serve the pages for readers.")
@listens(port=8000)
@pass_session
def serve(session: Session, host: str, port: int) -> None:
    """Serve the pages for readers, until stopped by SIGTERM or Ctrl-C.

    People subscribe, confirm, choose, leave and read editions there. Reports of providers are taken, too.
    """
    from digest.app import App, clock
    from digest.web.application import BUSY_TIMEOUT, public
    from digest.web.serving import address_of, answer, listen

    app = App(session.config(), clock(session.start), busy_timeout=BUSY_TIMEOUT)
    with listen(host, port) as listening:
        here = address_of(listening)
        url = app.config.web.url or here
        application = public(app, url)
        session.out(url)
        say_where(session, tuple(app.reporters), url)
        if not app.config.web.url:
            session.note("web.url is unset: mails will not link here until it is the address that readers reach")
        with telling(app, app.config.web.status, lambda: (app.database.revision() is not None, {})):
            stand(session, here, partial(answer, application, listening))
