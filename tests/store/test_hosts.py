"""Where a server of PostgreSQL is: several hosts in one URL, for the store and for who connects without it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import psycopg
import pytest
from sqlalchemy import insert, make_url, text

from digest.errors import StoreError
from digest.store.database import Database, conninfo, is_there, shown, to_look_at
from digest.store.subscribers import Subscribers
from digest.store.tables import meta
from tests.postgres import cloned

SECRET = "open-sesame"


@pytest.fixture
def url(postgres: str) -> Iterator[str]:
    with cloned(postgres) as url:
        yield url


@contextmanager
def port_of(url: str) -> Iterator[int]:
    """A port of 127.0.0.1 that leads to a server, wherever that is."""
    with psycopg.connect(url) as connection:
        host, port = connection.info.host, connection.info.port
    is_local = host.startswith("/")
    lines: list[socket.socket] = []
    pumping: list[threading.Thread] = []

    def start(work: Callable[..., None], *arguments: object) -> None:
        pumping.append(threading.Thread(target=work, args=arguments))
        pumping[-1].start()

    def pump(source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while some := source.recv(65536):
                sink.sendall(some)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_WR)

    def lead() -> None:
        with suppress(OSError):
            while True:
                line, _ = listening.accept()
                beyond = socket.socket(socket.AF_UNIX if is_local else socket.AF_INET)
                beyond.connect(f"{host}/.s.PGSQL.{port}" if is_local else (host, port))
                lines.extend((line, beyond))
                start(pump, line, beyond)
                start(pump, beyond, line)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        start(lead)
        try:
            yield listening.getsockname()[1]
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            for line in lines:
                with suppress(OSError):
                    line.shutdown(socket.SHUT_RDWR)
            for thread in pumping:
                thread.join()
            for line in lines:
                line.close()


def at(url: str, *hosts: str, **more: str) -> str:
    parsed = make_url(url)
    own = {name: value for name, value in parsed.query.items() if name not in {"host", "port"}}
    return parsed.set(query={**own, "host": hosts, **more}).render_as_string(hide_password=False)


def asked(url: str, question: str) -> list[object]:
    """Of the store, and of the server itself by what libpq is told."""
    database = Database(url, read_only=True)
    with database.read() as connection, psycopg.connect(conninfo(url, "digest worker")) as direct:
        answers = [connection.execute(text(question)).scalar_one(), (direct.execute(question).fetchone() or ())[0]]
    database.close()
    return answers


@pytest.fixture
def socket_of(url: str) -> str:
    with psycopg.connect(url) as connection:
        return f"{connection.info.host}:{connection.info.port}"


@pytest.mark.parametrize("dead", ["127.0.0.1:1", "/nowhere:5432"])
def test_of_several_hosts_the_one_that_answers_is_found(url: str, socket_of: str, dead: str):
    name = make_url(url).database
    with port_of(url) as port:
        for host in (f"127.0.0.1:{port}", socket_of):
            assert asked(at(url, dead, host), "SELECT current_database()") == [name, name]


def test_who_connects_without_the_store_has_a_session_of_the_same_kind(url: str):
    assert asked(url, "SHOW application_name") == ["digest", "digest worker"]
    assert asked(f"{url}&application_name=news", "SHOW application_name") == ["news", "news"]
    assert asked(f"{url}&options=-c%20statement_timeout%3D17s", "SHOW statement_timeout") == ["17s", "17s"]
    assert asked(url, "SHOW timezone") == ["UTC", "UTC"]
    told = psycopg.conninfo.conninfo_to_dict(conninfo(f"{url}&keepalives_count=7", "digest worker"))
    assert (told["connect_timeout"], told["tcp_user_timeout"], told["keepalives_count"]) == ("10", "60000", "7")


@pytest.mark.parametrize("query", ["sslmod=require", "host=a:1&host=b:2&port=3", "host=a,b&port=1,2,3", "port=five"])
def test_what_libpq_could_not_read_is_told_without_the_password(query: str):
    for read in (Database, lambda url: conninfo(url, "digest worker")):
        with pytest.raises(StoreError) as caught:
            read(f"postgresql://digest:{SECRET}@/news?{query}")
        told = f"{caught.value.message} {caught.value.hint}"
        assert SECRET not in told
        assert "database.url" in told


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("sslmode=bogus", 'invalid sslmode value: "bogus"'),
        ("ssl_min_protocol_version=1", 'invalid "ssl_min_protocol_version" value: "1"'),
        ("sslmode=allow&sslrootcert=system", 'weak sslmode "allow" may not be used'),
        ("keepalives=often&host=127.0.0.1", 'invalid integer value "often"'),
        ("port=99999", 'invalid port number: "99999"'),
        ("hostaddr=here", 'could not parse network address "here"'),
        ("host=a&hostaddr=1,2", "could not match 1 host names"),
        ("service=nobody", 'definition of service "nobody" not found'),
    ],
)
def test_what_no_server_could_be_asked_is_a_fault_of_the_url(query: str, why: str):
    told_to_mend(f"postgresql://digest:{SECRET}@/news?{query}", why)


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("options=-c%20work_mem%3Dmuch", 'invalid value for parameter "work_mem"'),
        ("options=-c%20memory%3D1", 'unrecognized configuration parameter "memory"'),
        ("options=-Q", "invalid command-line argument"),
    ],
)
def test_what_the_server_does_not_understand_is_a_fault_of_the_url(url: str, query: str, why: str):
    told_to_mend(f"{url}&{query}", why)


def told_to_mend(url: str, why: str) -> None:
    with pytest.raises(StoreError) as caught:
        Database(url)
    error = caught.value
    assert ": cannot be reached as database.url says: " in error.message
    assert why in error.message
    assert error.hint == "check database.url, also what stands after its ?"
    assert SECRET not in error.message
    assert error.exit_code == 1
    assert not error.away


@pytest.mark.parametrize("wanted", ["read-write", "primary"])
def test_who_only_looks_finds_the_server_that_can_be_written_to(url: str, socket_of: str, wanted: str):
    several = at(url, "127.0.0.1:1", socket_of, target_session_attrs=wanted)
    assert is_there(several)
    assert asked(several, "SHOW transaction_read_only") == ["on", "off"]
    looked = to_look_at(several)
    assert list(Subscribers(looked).each()) == []
    for _ in range(2):  # also when a connection is used again
        with pytest.raises(StoreError, match="read-only"), looked.write() as connection:
            connection.execute(insert(meta).values(name="a", value="b"))
    looked.close()


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ("//me@/news?host=/run/pg&sslmode=require", "//me@/news?host=/run/pg"),
        ("//me@/news?host=/run/pg&port=5433", "//me@/news?host=/run/pg&port=5433"),
        ("//me:{}@/news?passfile=a&host=a:5432&host=b:1", "//me:***@/news?host=a:5432&host=b:1"),
        ("//me@/news?password={}&host=a,b&port=1,2", "//me@/news?host=a,b&port=1,2"),
        ("//me@/news?hostaddr=::1", "//me@/news?hostaddr=::1"),
        ("//me@/news?host=a%26b%3Dc", "//me@/news?host=a%26b%3Dc"),
    ],
)
def test_where_a_server_is_is_told_and_nothing_else_of_what_it_is_told(told: str, name: str):
    assert shown(f"postgresql:{told.format(SECRET)}") == f"postgresql:{name}"


def test_the_hosts_that_cannot_be_reached_are_named():
    with pytest.raises(StoreError) as caught:
        Database(f"postgresql://me:{SECRET}@/news?host=127.0.0.1:1&host=/nowhere:5432")
    error = caught.value
    assert error.message.startswith(
        "postgresql://me:***@/news?host=127.0.0.1:1&host=/nowhere:5432: cannot be reached: "
    )
    assert error.exit_code == 75
