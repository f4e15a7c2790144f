"""The pages are compared with the program: what one of them holds and the other does not is a fault of this build."""

from __future__ import annotations

import dataclasses
import inspect
import json
import re
import shlex
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import click
import pytest
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from digest import errors, scheduler
from digest.cli import cli
from digest.config import Delivery, faults, schema
from digest.config.notation import written
from digest.config.tables import Config
from digest.delivery import DEAD_MAILBOX
from digest.model import DeliveryStatus, Subscriber, SubscriberStatus
from digest.render import view
from digest.render.notes import NoteView
from digest.sources.fields import Field
from digest.subscriptions import vocabulary
from digest.subscriptions.addresses import mailbox
from digest.subscriptions.entries import Entry, decide
from digest.subscriptions.vocabulary import COLUMNS
from tests.journeys.conftest import Site

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), ROOT / "README.md", ROOT / "CHANGELOG.md"])
SHARED = {"--config", "--now", "--verbose", "--help"}

pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


# --- reading pages -------------------------------------------------------------------------------------------------


@cache
def read(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def prose(text: str) -> str:
    """A page without its blocks of code."""
    return re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)


def blocks(text: str, kind: str = "") -> list[str]:
    found = re.findall(r"^```(\w*)\n(.*?)^```$", text, flags=re.DOTALL | re.MULTILINE)
    return [block for marked, block in found if marked == kind]


def headings(text: str) -> list[str]:
    return re.findall(r"^#+ (.*)$", prose(text), flags=re.MULTILINE)


def anchor(heading: str) -> str:
    """As GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def section(text: str, heading: str) -> str:
    """What stands below a heading, up to the next one."""
    found = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#|\Z)", text, flags=re.DOTALL | re.MULTILINE)
    assert found, f"there is no heading {heading!r}"
    return found[1]


def paragraph(text: str, start: str) -> str:
    return next(piece for piece in text.split("\n\n") if piece.startswith(start))


def rows(text: str) -> list[list[str]]:
    """The cells of all table rows but for the ruled line and the header above it."""
    found: list[list[str]] = []
    for line in text.splitlines():
        if re.fullmatch(r"[|\-]+", line):
            found.pop()
        elif line.startswith("|"):
            found.append([cell.strip() for cell in line.strip("|").split("|")])
    return found


def coded(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


# --- links ---------------------------------------------------------------------------------------------------------


@pages
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, part = target.partition("#")
        there = (page.parent / name).resolve() if name else page
        assert there.exists(), f"{target} is not there"
        if part:
            assert part in map(anchor, headings(there.read_text(encoding="utf-8"))), f"{target} has no such heading"


def test_every_page_is_named_in_the_readme_and_every_decision_in_its_list() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [page.name for page in DOCS.glob("*.md") if f"docs/{page.name}" not in readme] == []
    decisions = [page.name for page in (DOCS / "decisions").glob("0*.md")]
    assert decisions
    assert [name for name in decisions if f"({name})" not in read("decisions/README.md")] == []


def test_every_module_has_its_place_in_the_architecture() -> None:
    modules = {path.name for path in (ROOT / "digest").glob("[a-z]*.py")}
    packages = {f"{path.parent.name}/" for path in (ROOT / "digest").glob("*/__init__.py")}
    told = {name for row in rows(section(read("architecture.md"), "The layers")) for name in coded(row[1])}
    assert told == modules | packages


# --- commands ------------------------------------------------------------------------------------------------------


def commands(group: click.Group = cli, above: str = "digest") -> Iterator[tuple[str, click.Command]]:
    """Every command with its words and arguments, as ``digest subscribers import FILE``."""
    for name, command in group.commands.items():
        words = f"{above} {name}"
        if isinstance(command, click.Group):
            yield words, command
            yield from commands(command, words)
        else:
            yield " ".join((words, *command.collect_usage_pieces(click.Context(command))[1:])), command


COMMANDS = dict(commands())
each_command = pytest.mark.parametrize("words", COMMANDS)


def documented_commands(level: str) -> set[str]:
    return set(re.findall(rf"^{level} `([^`]+)`$", read("commands.md"), flags=re.MULTILINE))


def test_the_commands_are_those_of_the_program() -> None:
    groups = {words.split()[1] for words in COMMANDS}
    assert {words.split()[1] for words in documented_commands("##")} == groups == set(cli.commands)
    assert documented_commands("##") | documented_commands("###") == set(COMMANDS)


def long_options(command: click.Command) -> set[str]:
    options = (option for option in command.params if isinstance(option, click.Option))
    return {name for option in options for name in (*option.opts, *option.secondary_opts) if name.startswith("--")}


@each_command
def test_a_command_s_options_are_those_of_the_program(words: str) -> None:
    told = set(re.findall(r"--[a-z][a-z-]*", section(read("commands.md"), f"`{words}`")))
    if words == "digest subscribers":  # says of all its commands that they have --json
        told.discard("--json")
    assert told - {"--help"} == long_options(COMMANDS[words]) - SHARED


def test_the_options_of_all_commands_are_there() -> None:
    above = read("commands.md").split("\n## ")[0]
    assert set(re.findall(r"--[a-z][a-z-]*", above)) >= SHARED | long_options(cli)


@pages
def test_every_command_line_shown_could_be_typed(page: Path) -> None:
    for block in blocks(page.read_text(encoding="utf-8")):
        for line in re.findall(r"^(?:.*\| )?(digest .*)$", block, flags=re.MULTILINE):
            typed = shlex.split(line.partition("   #")[0].partition(" …")[0].partition(" >")[0])[1:]
            command: click.Command = cli
            while isinstance(command, click.Group):
                while typed[0].startswith("-"):
                    typed = typed[2:]  # an option for all commands, and its value
                command = command.commands[typed.pop(0)]
            assert {word for word in typed if word.startswith("--")} <= long_options(command), line


def test_the_exit_codes_are_those_of_the_errors() -> None:
    kinds = [kind for kind in vars(errors).values() if inspect.isclass(kind) and issubclass(kind, errors.DigestError)]
    codes = {0, errors.StoreError("", busy=True).exit_code, *(kind.exit_code for kind in kinds)}
    assert {int(row[0]) for row in rows(section(read("running.md"), "Exit codes"))} == codes
    told = paragraph(read("commands.md"), "**Exit codes**")
    assert set(map(int, re.findall(r"\b(\d+) \w", told))) == codes


# --- what --json prints ----------------------------------------------------------------------------------------------


def keys(value: Any) -> set[str]:
    """The keys of an object and of the objects in its lists."""
    match value:
        case dict():
            inner = (keys(item) for item in value.values() if isinstance(item, list))
            return set(value).union(*inner)
        case list():
            return set().union(*map(keys, value))
    return set()


SUBSCRIBER = paragraph(read("commands.md"), "A subscriber in JSON")
ANSWERS = {
    "digest articles": ("articles",),
    "digest preview": ("preview",),
    "digest subscribers add ADDRESS": ("subscribers", "add", "first@example.org"),
    "digest subscribers suppress ADDRESS": ("subscribers", "suppress", "first@example.org"),
    "digest subscribers remove ADDRESS": ("subscribers", "remove", "dead@example.org"),
    "digest subscribers erase ADDRESS": ("subscribers", "erase", "first@example.org"),
    "digest subscribers list": ("subscribers", "list"),
    "digest subscribers show ADDRESS": ("subscribers", "show", "dead@example.org"),
    "digest editions list": ("editions", "list"),
    "digest editions deliveries NAME": ("editions", "deliveries", "1"),
    "digest editions show NAME": ("editions", "show", "1"),
    "digest send": ("send", "--yes"),
}


@pytest.mark.parametrize("words", ANSWERS)
def test_the_answer_in_json_has_the_keys_that_are_told(site: Site, post_office: Any, words: str) -> None:
    post_office.replies["dead@example.org"] = "550 5.7.1 not here"
    assert site.run("subscribers", "add", "dead@example.org").exit_code == 0
    if words != "digest preview":
        assert site.run("send", "--yes").exit_code == 0
        assert site.run("editions", "stop", "1").exit_code == 0
    page = read("commands.md")
    told = section(page, f"`{words}`")
    if "subscriber" in words and "erase" not in words:
        told += SUBSCRIBER
    if words.startswith("digest editions") and "deliveries" not in words:
        told += section(page, "`digest send`").replace(', "next_due"', "")
    if words == "digest send":
        told += '`"event" "at"`'  # of every event
    if "editions show" in words:
        told += '`"failed" "acts"`' + section(page, "`digest editions deliveries NAME`")
    if "subscribers show" in words:
        told += '`"editions"`'
    printed = set().union(*map(keys, site.lines(*ANSWERS[words])))
    assert set(re.findall(r'"(\w+)"', told)) == printed


def test_the_answer_of_an_import_and_of_a_check_too(site: Site) -> None:
    table = site.folder / "people.csv"
    table.write_text("email\nfirst@example.org\nno address\n", encoding="utf-8")
    (imported,) = site.lines("subscribers", "import", str(table))
    told = section(read("commands.md"), "`digest subscribers import FILE`")
    assert set(re.findall(r'"(\w+)"', told)) == keys(imported)
    finding = json.loads(site.run("check", "--json").stdout.splitlines()[0])
    assert set(re.findall(r'"(\w+)"', section(read("commands.md"), "`digest check [FILE]...`"))) == set(finding)


# --- configuration -------------------------------------------------------------------------------------------------

HEADINGS = {"sources": "`[[sources]]`", "digests": "`[digests.NAME]`", "dkim": "`[[dkim]]`"}
TABLES = {HEADINGS.get(key, f"`[{key}]`"): faults.inner_table(field) for key, field in faults.keys(Config).items()}
each_table = pytest.mark.parametrize("heading", TABLES)


def test_every_table_of_the_configuration_has_a_heading_and_no_other() -> None:
    assert [heading for heading in headings(read("configuration.md")) if "[" in heading] == list(TABLES)


def default(table: type[BaseModel], key: str) -> str:
    """As it is written in the page: in the file's notation, and a dash where nothing is set."""
    value = faults.keys(table)[key].default
    if value is PydanticUndefined:
        return "**required**"
    return "–" if value in ("", None) else f"`{written(getattr(value, 'value', value))}`"


@each_table
def test_the_keys_of_a_table_and_their_defaults_are_those_of_the_program(heading: str) -> None:
    table = TABLES[heading]
    assert table is not None
    told = {coded(row[0])[0]: row[2] for row in rows(section(read("configuration.md"), heading))}
    assert told == {key: default(table, key) for key in faults.keys(table)}


@each_table
def test_the_choices_of_a_key_are_those_of_the_program(heading: str) -> None:
    table = TABLES[heading]
    assert table is not None
    definitions = schema()["$defs"]
    told = {coded(row[0])[0]: row[1] for row in rows(section(read("configuration.md"), heading))}
    for key, kind in definitions[table.__name__]["properties"].items():
        for name in re.findall(r"#/\$defs/(\w+)", json.dumps(kind)):
            kind |= definitions[name] if "enum" in definitions[name] else {}  # noqa: PLW2901 - the same kind, resolved
        choices = [
            choice
            for listed in re.findall(r'"enum": \[(.*?)\]', json.dumps(kind))
            for choice in json.loads(f"[{listed}]")
        ]
        assert set(re.findall(r'[`"]([a-z]+)[`"]', told[key])) >= set(choices), key


@pages
def test_every_piece_of_toml_can_be_read_and_has_known_keys(page: Path) -> None:
    for block in blocks(page.read_text(encoding="utf-8"), "toml"):
        for key, value in tomllib.loads(block).items():
            table = faults.inner_table(faults.keys(Config)[key])
            assert table is not None
            for inner in value.values() if key == "digests" else value if isinstance(value, list) else (value,):
                assert inner.keys() <= faults.keys(table).keys()


# --- what else the pages repeat from the program -----------------------------------------------------------------


def test_the_fields_of_articles_and_their_order_are_those_of_the_program() -> None:
    told = {row[0]: coded(row[1]) for row in rows(section(read("articles.md"), "Fields"))}
    known = {field.name.lower(): list(field.value) for field in Field}
    known["category"] += ["categories", "topics"]
    known["draft"] += [*known.pop("published"), *known.pop("status")]
    known["hidden"] += known.pop("listed")
    assert told == known


def test_the_columns_of_a_table_of_subscribers_are_those_of_the_program() -> None:
    assert tuple(coded(row[0])[0] for row in rows(section(read("subscribers.md"), "Importing"))) == COLUMNS


def test_what_is_told_of_the_exports_of_other_programs_is_what_the_program_makes_of_them() -> None:
    for told, meant in rows(section(read("subscribers.md"), "From another program")):
        if coded(meant)[0] in set(SubscriberStatus):
            assert {str(vocabulary.status(word)) for word in coded(told)} == {coded(meant)[0]}
        else:
            meanings = {vocabulary.MEANINGS[vocabulary.plain(heading)] for heading in coded(meant)}
            ours = set(coded(told)) or {told.replace("who ", "")}
            assert ours <= meanings
            assert not meanings - ours or "name" in ours


def test_what_an_import_may_change_is_what_the_program_changes() -> None:
    now = datetime(2025, 12, 8, tzinfo=UTC)
    box = mailbox("first@example.org")
    asked = (None, *(SubscriberStatus(name) for name in ("active", "pending", "unsubscribed", "suppressed")))
    table = rows(section(read("subscribers.md"), "What an import may change"))
    assert {row[0] for row in table} == {"nobody", "erased", *SubscriberStatus}
    for before, *after in table:
        known = Subscriber(1, box.address, status=SubscriberStatus(before)) if before in set(SubscriberStatus) else None
        for status, told in zip(asked, after, strict=True):
            entry = Entry(box, status=status)
            verdict = decide(entry, known, erased=before == "erased", resubscribe=False, now=now)
            became = verdict.subscriber.status if verdict.subscriber else known and not verdict.reason and known.status
            assert told.strip("*") == (became or "kept out"), (before, status)


def test_the_states_and_the_codes_of_dead_mailboxes_are_those_of_the_program() -> None:
    page = read("delivery.md")
    assert [coded(row[0])[0] for row in rows(section(page, "The states"))] == list(DeliveryStatus)
    codes = {row[0] for row in rows(section(page, "Whose fault it is")) if re.fullmatch(r"\d\.\d+\.\d+", row[0])}
    assert codes == DEAD_MAILBOX


def test_the_events_in_the_log_are_those_of_the_program() -> None:
    package = Path(inspect.getfile(scheduler)).parent.parent
    paths = [
        *package.glob("scheduler/*.py"),
        *(package / name for name in ("cluster.py", "logs.py", "cli/worker.py", "cli/telling.py")),
    ]
    modules = (path.read_text(encoding="utf-8") for path in paths)
    logged = set(re.findall(r'log\.(?:info|warning|error|log)\([^"]*"([a-z ]+)"', "\n".join(modules)))
    told = {event for row in rows(section(read("running.md"), "Logs")) for event in coded(row[0])}
    assert told == logged


@pytest.mark.parametrize(
    ("page", "file", "kind"),
    [
        ("running.md", "digest.service", "ini"),
        ("running.md", "Dockerfile", "dockerfile"),
        ("cluster.md", "digest-worker@.service", "ini"),
    ],
)
def test_the_files_to_run_it_are_those_that_the_page_shows(page: str, file: str, kind: str) -> None:
    assert blocks(read(page), kind) == [read(f"deploy/{file}")]


def test_whoever_stops_a_sender_waits_as_long_as_a_claim_lasts() -> None:
    lease = Delivery().lease
    told = {
        "digest.service": f"TimeoutStopSec={lease.seconds // 60}min",
        "digest-worker@.service": f"TimeoutStopSec={lease.seconds // 60}min",
        "compose.yaml": f"stop_grace_period: {lease.seconds // 60}m",
        "kubernetes.yaml": f"terminationGracePeriodSeconds: {lease.seconds}",
    }
    assert [file for file, words in told.items() if f"{words}\n" not in read(f"deploy/{file}")] == []
    assert f"--stop-timeout {lease.seconds} " in read("running.md")


def test_the_values_that_templates_know_are_those_of_the_program() -> None:
    told = {name for row in rows(section(read("templates.md"), "What a template knows")) for name in coded(row[0])}
    views = {
        "edition": view.EditionView,
        "section": view.SectionView,
        "article": view.ArticleView,
        "look": view.LookView,
        "reader": view.ReaderView,
    }
    known = {f"{name}.{part}" for name, kind in views.items() for part in dir(kind) if not part.startswith("_")}
    assert told == known | {"subject", "preheader"}


def test_the_values_that_the_templates_of_notes_know_are_those_of_the_program() -> None:
    told = {
        name for row in rows(section(read("templates.md"), "Letters that readers wait for")) for name in coded(row[0])
    }
    known = {f"note.{field.name}" for field in dataclasses.fields(NoteView)}
    files = {f"notes/{path.name}" for path in (ROOT / "templates" / "notes").iterdir()}
    assert told == known | files


def test_the_templates_and_their_blocks_are_those_of_the_program() -> None:
    page = read("templates.md")
    assert {name for row in rows(page)[:9] for name in coded(row[0])} >= {
        p.name for p in (ROOT / "templates").iterdir()
    }
    for name in ("edition.html", "edition.txt", "notes/note.html", "notes/note.txt"):
        made = (ROOT / "templates" / name).read_text(encoding="utf-8")
        found = re.search(rf"`{re.escape(name)}` are\s(.*?)[.;]", page, flags=re.DOTALL)
        assert found
        assert set(coded(found[1])) == set(re.findall(r"{% block (\w+)", made))
