"""The commands: words in, exit codes out. Each command stands in the module of its name."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from digest.cli.archive import archive
from digest.cli.articles import articles
from digest.cli.bounces import bounces
from digest.cli.check import check
from digest.cli.demo import demo
from digest.cli.dkim import dkim
from digest.cli.edit import edit
from digest.cli.editions import editions
from digest.cli.feeds import feeds
from digest.cli.init import init
from digest.cli.migrate_store import migrate_store
from digest.cli.preview import preview
from digest.cli.run import run
from digest.cli.send import send
from digest.cli.serve import serve
from digest.cli.session import Instant, Session
from digest.cli.status import status
from digest.cli.subscribers import subscribers
from digest.cli.worker import worker
from digest.errors import DigestError


class _Commands(click.Group):
    """Turns every error that is raised on purpose into one line, a hint and its exit code; others are bugs."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """In the order in which they are needed."""
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except DigestError as error:
            click.echo(f"digest: {error.message}", err=True)
            if error.hint:
                click.echo(f"  hint: {error.hint}", err=True)
            ctx.exit(error.exit_code)


def _set_config(ctx: click.Context, _parameter: click.Parameter, value: Path | None) -> None:
    if value is not None:
        ctx.ensure_object(Session).config_path = value


def _set_now(ctx: click.Context, _parameter: click.Parameter, value: datetime | None) -> None:
    if value is not None:
        ctx.ensure_object(Session).start = value


def _set_verbose(ctx: click.Context, _parameter: click.Parameter, value: bool) -> None:
    if value:
        ctx.ensure_object(Session).verbose = True


def _shared_options() -> list[click.Parameter]:
    """They may stand before or after the command's name."""
    return [
        click.Option(
            ["-c", "--config"],
            type=click.Path(path_type=Path),
            expose_value=False,
            callback=_set_config,
            help="Configuration file.  [default: $DIGEST_CONFIG, else digest.toml]",
        ),
        click.Option(
            ["--now"], type=Instant(), expose_value=False, callback=_set_now, help="ISO 8601; the clock for this run."
        ),
        click.Option(
            ["-v", "--verbose"], is_flag=True, expose_value=False, callback=_set_verbose, help="Say more on stderr."
        ),
    ]


def _share_options(command: click.Command) -> None:
    command.params.extend(_shared_options())
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            _share_options(inner)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="newsletter-digest", prog_name="digest")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Turns a folder of articles into an e-mail digest, and delivers it to every subscriber.

    Begin with `digest demo`, then `digest init` in your own site.
    """
    ctx.ensure_object(Session)


for _command in (
    demo,
    init,
    check,
    articles,
    feeds,
    edit,
    preview,
    send,
    run,
    worker,
    serve,
    status,
    subscribers,
    editions,
    archive,
    bounces,
    dkim,
    migrate_store,
):
    cli.add_command(_command)
_share_options(cli)


def main() -> None:
    """The entry point of the installed command."""
    try:
        cli()
    except BrokenPipeError:  # whoever read our output has heard enough
        sys.stderr.close()
        sys.exit(0)
