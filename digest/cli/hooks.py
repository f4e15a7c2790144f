"""``digest bounces serve``: takes the reports of providers over HTTP, as a process that is stopped by a signal."""

from __future__ import annotations

from functools import partial

import click

from digest.cli.listening import listens, stand
from digest.cli.session import Session, pass_session
from digest.errors import ConfigError


@click.command(short_help="Take the reports of providers over HTTP.")
@listens(port=8025)
@pass_session
def serve(session: Session, host: str, port: int) -> None:
    """Take the reports of providers over HTTP, until stopped by SIGTERM or Ctrl-C.

    Prints the address to give to each provider that has a key under [webhooks].
    """
    from digest.web.hooks import hooks
    from digest.web.serving import address_of, answer, listen

    app = session.app()
    application = hooks(app)
    if not app.reporters:
        raise ConfigError(
            "webhooks: no provider is configured",
            hint="give it the key of one under [webhooks] in digest.toml; docs/providers.md tells which",
        )
    app.bounces.let_go(app.now())
    with listen(host, port) as listening:
        here = address_of(listening)
        say_where(session, tuple(app.reporters), app.config.web.url or here)
        stand(session, here, partial(answer, application, listening))


def say_where(session: Session, providers: tuple[str, ...], site: str) -> None:
    """Prints the address to give to each provider."""
    for name in providers:
        session.out(f"{name}: {_with_login(name, site)}/hooks/{name}")


def _with_login(name: str, site: str) -> str:
    """Postmark proves itself by what stands before the host; the password itself is printed nowhere."""
    scheme, _, rest = site.rstrip("/").partition("://")
    login = "digest:PASSWORD@" if name == "postmark" else ""
    return f"{scheme}://{login}{rest}"
