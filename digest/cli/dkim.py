"""``digest dkim``: the keys that sign messages, and what the DNS has to say about them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from digest.cli.session import Session, pass_session, writing
from digest.errors import ConfigError, DigestError, UsageError

if TYPE_CHECKING:
    from digest.dkim import Key


@click.group(short_help="Keys that sign messages, and their DNS records.")
def dkim() -> None:
    """Make keys that sign every message (DKIM), and show the DNS records that go with them."""


@dkim.command()
@click.option("--domain", metavar="DOMAIN", required=True, help="The signing domain: that of the From address.")
@click.option("--selector", metavar="NAME", required=True, help="The key's name in the domain's DNS, such as digest1.")
@click.option(
    "--type",
    "kind",
    type=click.Choice(["rsa2048", "ed25519"]),
    default="rsa2048",
    show_default=True,
    help="What kind of key.",
)
@click.option("--out", metavar="FILE", type=click.Path(path_type=Path), help="Where the private key goes.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@pass_session
def keygen(session: Session, domain: str, selector: str, kind: str, out: Path | None, as_json: bool) -> None:
    """Write a new private key, and print its DNS record and its lines for digest.toml.

    The key goes into dkim-NAME.pem beside digest.toml, unless --out says otherwise; no file is overwritten.
    """
    from digest.dkim import Kind, generate

    try:
        key = generate(Kind(kind), domain=domain, selector=selector)
    except ConfigError as error:
        raise UsageError(error.message, hint=error.hint) from error
    file = out or session.config_path.parent / f"dkim-{selector}.pem"
    _keep(key, file)
    if as_json:
        session.json(_facts(key, file))
        return
    for line in (
        f"wrote {file}: the private key, readable for you alone",
        "",
        *_told(key),
        "",
        *_table(session, key, file),
    ):
        session.out(line)


@dkim.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@pass_session
def record(session: Session, as_json: bool) -> None:
    """The DNS record of each key in digest.toml."""
    app = session.app(read_only=True)
    for number, (table, key) in enumerate(zip(app.config.dkim, app.dkim_keys, strict=True)):
        if as_json:
            session.json(_facts(key, table.key_file))
        else:
            if number:
                session.out()
            for line in _told(key):
                session.out(line)
    if not app.dkim_keys:
        session.note("digest.toml has no [[dkim]] key; `digest dkim keygen` makes one")


def _keep(key: Key, file: Path) -> None:
    """Writes the private key, for its owner alone; a file that is there already is never overwritten."""
    with writing(file):
        try:
            opened = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError as error:
            raise DigestError(
                f"{file}: is there already, and may be signing", hint="name another file with --out"
            ) from error
        with os.fdopen(opened, "wb") as private:
            private.write(key.pem)


def _facts(key: Key, file: Path) -> dict[str, Any]:
    return {
        "domain": key.domain,
        "selector": key.selector,
        "algorithm": key.algorithm,
        "key_file": str(file),
        "name": key.record.name,
        "value": key.record.value,
        "strings": key.record.strings,
    }


def _told(key: Key) -> Iterator[str]:
    """The record for a form on the web, and for a zone file."""
    yield f"TXT record of {key.record.name}"
    yield f"  {key.record.value}"
    yield "in a zone file"
    strings = " ".join(f'"{piece}"' for piece in key.record.strings)
    yield f"  {key.record.name}. IN TXT ( {strings} )"


def _table(session: Session, key: Key, file: Path) -> Iterator[str]:
    from digest.config.notation import written

    folder, place = session.config_path.parent.resolve(), file.resolve()
    shown = place.relative_to(folder) if place.is_relative_to(folder) else place
    yield "in digest.toml, once the record can be seen"
    yield "  [[dkim]]"
    yield f"  domain = {written(key.domain)}"
    yield f"  selector = {written(key.selector)}"
    yield f"  key_file = {written(str(shown))}"
