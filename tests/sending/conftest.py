from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.sending.databases import SQLITE, new_house
from tests.sending.house import House
from tests.sending.server import CHUNKING, DIALOGUES, PIPELINED, PLAIN, Script, ScriptedServer

Serve = Callable[..., Awaitable[ScriptedServer]]


def only(*dialogues: str) -> pytest.MarkDecorator:
    """For a test that is about these dialogues; all others are held in each of them."""
    return pytest.mark.parametrize("dialogue", dialogues, indirect=True)


def at(*stages: str) -> pytest.MarkDecorator:
    """For a test that is told a stage, in each dialogue that has it."""
    held = [(name, stage) for name in DIALOGUES for stage in stages if (name, stage) != (CHUNKING, "DATA")]
    return pytest.mark.parametrize(("dialogue", "stage"), held, indirect=["dialogue"])


by_data = only(PLAIN, PIPELINED)
in_chunks = only(CHUNKING)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each test is held in every dialogue, unless it says in which. On PostgreSQL are those whose module says so, in one
    dialogue: what the ledger has a part in is the same in all of them.
    """
    marks = metafunc.definition.iter_markers("parametrize")
    open_ones = {"dialogue", "kind"} & set(metafunc.fixturenames) - {name for mark in marks for name in _named(mark)}
    kinds = getattr(metafunc.module, "DATABASES", (SQLITE,))
    if open_ones == {"dialogue", "kind"}:
        held = [(name, SQLITE) for name in DIALOGUES] + [(CHUNKING, kind) for kind in kinds if kind != SQLITE]
        metafunc.parametrize(("dialogue", "kind"), held, indirect=True)
    elif open_ones:
        (name,) = open_ones
        metafunc.parametrize(name, DIALOGUES if name == "dialogue" else kinds, indirect=True)


def _named(mark: pytest.Mark) -> Sequence[str]:
    names = mark.args[0]
    return [name.strip() for name in names.split(",")] if isinstance(names, str) else names


@pytest.fixture
def dialogue(request: pytest.FixtureRequest) -> str:
    """The dialogue that servers offer."""
    name: str = request.param
    return name


@pytest.fixture
def kind(request: pytest.FixtureRequest) -> str:
    """Of the database."""
    name: str = request.param
    return name


@pytest.fixture
def house(kind: str) -> Iterator[House]:
    with new_house(kind) as house:
        yield house


@pytest.fixture
async def serve(dialogue: str) -> AsyncIterator[Serve]:
    """Starts servers that offer the dialogue, and what else is asked for."""
    async with AsyncExitStack() as stack:

        async def serve(
            script: Script = lambda _: None, extensions: Sequence[str] = ("SMTPUTF8", "8BITMIME"), **options: Any
        ) -> ScriptedServer:
            offered = (*extensions, *DIALOGUES[dialogue])
            return await stack.enter_async_context(ScriptedServer(script, offered, **options))

        yield serve


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("tls") / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    return file


@pytest.fixture(scope="session")
def certificate(authority: trustme.CA) -> ssl.SSLContext:
    """The server's side of TLS for 127.0.0.1."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context
