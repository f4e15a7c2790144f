"""What a person does about mail that comes back, from the edition to the next one."""

from __future__ import annotations

import mailbox
import queue
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.bounces.conftest import ReturningOffice
from tests.bounces.post import arf, dsn, failed, plain
from tests.bounces.servers import PASSWORD, USER, Box, CutError, Pop3, serving, unused_port
from tests.journeys.conftest import Site, article
from tests.journeys.steps import PATIENCE, configure, opened, started, subscribe

NEXT_MONDAY = "2025-12-15T08:00:00+00:00"
GONE, FULL, ANGRY, LEAVES, STAYS = (f"{name}@example.org" for name in ("gone", "full", "angry", "leaves", "stays"))
PEOPLE = (GONE, FULL, ANGRY, LEAVES, STAYS)


@pytest.fixture
def sent(site: Site, post_office: ReturningOffice) -> Site:
    """A site that has sent its first edition to five people, and asks what comes back to bounces@quay.example.org."""
    configure(site, "[delivery]", '[bounces]\naddress = "bounces@quay.example.org"\n\n[delivery]')
    subscribe(site, PEOPLE)
    assert site.run("send", "--yes").exit_code == 0
    return site


def header(office: ReturningOffice, address: str, name: str) -> str:
    return str(opened(office.message_for(address))[name])


def statuses(site: Site) -> dict[str, str]:
    return {person["email"]: person["status"] for person in site.lines("subscribers", "list")}


def bounce(office: ReturningOffice, address: str, status: str, message_id: str = "one@mail.example") -> bytes:
    return dsn(failed(status, f"550 {status} no", address), to=office.return_paths[address], message_id=message_id)


def test_a_dead_mailbox_is_suppressed_and_left_out_of_the_next_edition(
    sent: Site, post_office: ReturningOffice
) -> None:
    result = sent.run("bounces", "read", "-", input=bounce(post_office, GONE, "5.1.1"))
    assert (result.exit_code, result.stdout) == (0, "1 read: 1 hard; 1 suppressed\n")
    assert statuses(sent) == dict.fromkeys(PEOPLE, "active") | {GONE: "suppressed"}
    shown = sent.run("subscribers", "show", GONE).stdout
    assert "hard bounce: 550 5.1.1 no" in shown
    assert "weekly/2025-W49 (number 1), accepted" in shown
    assert "came back   2025-12-08 08:00  hard         gone@example.org (weekly/2025-W49): 550 5.1.1 no" in shown

    for day, title in enumerate(["Quays", "Piers", "Locks"], start=9):
        sent.write(f"{title}.md", article(title, f"2025-12-{day:02}"))
    (record,) = [line for line in sent.lines("send", "--yes", now=NEXT_MONDAY) if line.get("exclusions") is not None]
    assert record["exclusions"] == {"suppressed": 1}
    assert post_office.received == dict.fromkeys(PEOPLE, 2) | {GONE: 1}


def test_everything_that_came_is_told_in_one_line(sent: Site, post_office: ReturningOffice) -> None:
    folder = sent.folder / "post"
    with closing(mailbox.Maildir(folder)) as box:
        box.add(bounce(post_office, GONE, "5.1.1"))
        box.add(bounce(post_office, FULL, "5.2.2"))
        box.add(arf(returned=f"Return-Path: <{post_office.return_paths[ANGRY]}>"))
        box.add(plain("", sender=f"Somebody <{LEAVES}>", subject="unsubscribe"))
        box.add(plain("Away", sender=STAYS, more="Auto-Submitted: auto-replied", to=post_office.return_paths[STAYS]))
        box.add(plain("Lovely!", sender=STAYS, subject="Thank you"))
        box.add(dsn(failed("4.4.1", action="delayed", address=STAYS), to=post_office.return_paths[STAYS]))
    words = f"maildir:{folder}"
    assert sent.run("bounces", "read", words, "--dry-run").stdout == (
        "7 read: 1 hard, 1 soft, 1 complaint, 1 left, 1 delayed, 1 automatic, 1 not understood; "
        "2 suppressed, 1 unsubscribed (dry run: nothing is changed)\n"
    )
    assert set(statuses(sent).values()) == {"active"}
    (told,) = sent.lines("bounces", "read", words)
    assert told == {
        "mails": 7, "left": 0, "hard": 1, "soft": 1, "complaint": 1, "unsubscribe": 1, "delayed": 1, "automatic": 1, "unknown": 1,
        "known": 0, "suppressed": 2, "unsubscribed": 1, "dry_run": False,
    }  # fmt: skip
    assert statuses(sent) == {
        GONE: "suppressed", FULL: "active", ANGRY: "suppressed", LEAVES: "unsubscribed", STAYS: "active",
    }  # fmt: skip
    assert sent.run("bounces", "read", words).stdout == "0 read\n"


def test_the_link_of_the_mail_takes_its_reader_off_the_list_whoever_uses_it(
    sent: Site, post_office: ReturningOffice
) -> None:
    link = header(post_office, LEAVES, "List-Unsubscribe")
    token = link.partition("unsubscribe%20")[2].partition(">")[0]
    sent.run("bounces", "read", "-", input=plain("", sender="agent@provider.example", subject=f"unsubscribe {token}"))
    assert statuses(sent) == dict.fromkeys(PEOPLE, "active") | {LEAVES: "unsubscribed"}


def test_a_new_database_with_the_old_key_believes_no_report_about_the_old_one(
    sent: Site, post_office: ReturningOffice
) -> None:
    late = bounce(post_office, GONE, "5.1.1")
    for file in sent.folder.glob("digest.db*"):
        file.unlink()
    people = [f"new{number}@example.org" for number in range(len(PEOPLE))]
    subscribe(sent, people)
    assert sent.run("send", "--yes", now="2025-12-08T08:30:00+00:00").exit_code == 0
    assert sent.run("bounces", "read", "-", input=late).stdout == "1 read: 1 soft\n"
    assert statuses(sent) == dict.fromkeys(people, "active")


def test_whose_mail_somebody_quotes_stays_on_the_list(sent: Site, post_office: ReturningOffice) -> None:
    text = str(opened(post_office.message_for(STAYS)).get_body(("plain",)))
    quoted = "Please.\n" + "".join(f"> {line}\n" for line in text.splitlines())
    sent.run("bounces", "read", "-", input=plain(quoted, sender=LEAVES, subject="unsubscribe"))
    assert statuses(sent) == dict.fromkeys(PEOPLE, "active") | {LEAVES: "unsubscribed"}


def test_nothing_of_the_erased_comes_back(sent: Site, post_office: ReturningOffice) -> None:
    assert sent.run("subscribers", "erase", GONE).exit_code == 0
    written = plain("Lovely!", sender=f"Somebody <{GONE}>", subject="Hello", to=post_office.return_paths[GONE])
    for data in (bounce(post_office, GONE, "5.1.1"), written):
        sent.run("bounces", "read", "-", input=data)
    assert [noted["text"] for noted in sent.lines("bounces", "list")] == ["", ""]
    assert "1 hard" in sent.run("editions", "show", "1").stdout
    with closing(sqlite3.connect(sent.folder / "digest.db")) as database:
        assert not [line for line in database.iterdump() if GONE in line or GONE.encode().hex().upper() in line]


def test_what_was_not_understood_can_be_looked_at(sent: Site) -> None:
    mail = plain("Lovely!", sender=f"A Reader <{STAYS}>", subject="Thank you")
    sent.run("bounces", "read", "-", input=mail)
    sent.run("bounces", "read", "-", input=dsn(failed("5.1.1", address=GONE)))
    (noted,) = sent.lines("bounces", "list", "--kind", "unknown")
    assert (noted["kind"], noted["email"], noted["text"]) == ("unknown", STAYS, "Thank you")
    assert sent.run("bounces", "list", "--raw", str(noted["id"])).stdout_bytes == mail
    assert len(sent.run("bounces", "list").stdout.splitlines()) == 2
    nothing = sent.run("bounces", "list", "--raw", "99")
    assert (nothing.exit_code, nothing.stderr.splitlines()[0]) == (1, "digest: nothing is kept of 99")
    assert sent.run("bounces", "list", "--raw", "99999999999999999999999").exit_code == 2


def test_a_report_that_anybody_could_have_written_suppresses_nobody_at_once(sent: Site) -> None:
    result = sent.run("bounces", "read", "-", input=dsn(failed("5.1.1", address=GONE)))
    assert result.stdout == "1 read: 1 soft\n"
    assert statuses(sent)[GONE] == "active"


def test_the_mailbox_of_the_configuration_is_read_with_its_password(sent: Site, post_office: ReturningOffice) -> None:
    with serving(Pop3, Box()) as box:
        box.put(bounce(post_office, GONE, "5.1.1"), bounce(post_office, FULL, "5.2.2"))
        (sent.folder / "password").write_text(PASSWORD, encoding="utf-8")
        configure(
            sent,
            "[bounces]",
            f'[bounces]\nmailbox = "pop3://{USER}@127.0.0.1:{box.port}"\npassword_file = "password"',
        )
        assert sent.run("bounces", "read").stdout == "2 read: 1 hard, 1 soft; 1 suppressed\n"
        assert box.mails == []


def test_a_mailbox_that_cannot_be_reached_is_for_later(sent: Site) -> None:
    result = sent.run("bounces", "read", f"imaps://{USER}@127.0.0.1:{unused_port()}")
    assert (result.exit_code, result.stdout) == (75, "")
    assert result.stderr.startswith("digest: imaps://bounces@example.org@127.0.0.1: Connection refused")


def test_without_a_mailbox_there_is_nothing_to_read(sent: Site) -> None:
    result = sent.run("bounces", "read")
    assert result.exit_code == 2
    assert "bounces.mailbox" in result.stderr


def test_a_run_that_breaks_off_says_what_it_did(sent: Site, post_office: ReturningOffice) -> None:
    def cut(line: str) -> None:
        if line == "RETR 2":
            raise CutError

    (sent.folder / "password").write_text(PASSWORD, encoding="utf-8")
    configure(sent, "[bounces]", '[bounces]\npassword_file = "password"')
    with serving(Pop3, Box(heard=cut)) as box:
        box.put(bounce(post_office, GONE, "5.1.1"), bounce(post_office, FULL, "5.1.1"))
        where = f"pop3://{USER}@127.0.0.1:{box.port}"
        result = sent.run("bounces", "read", where)
        assert result.exit_code == 75
        assert "1 read: 1 hard; 1 suppressed; then it broke off" in result.stderr
        box.heard = lambda _line: None
        assert sent.run("bounces", "read", where).stdout == "2 read: 1 hard, 1 known already; 1 suppressed\n"


def test_a_mail_that_cannot_be_had_is_told_and_left_where_it_is(sent: Site, post_office: ReturningOffice) -> None:
    folder: Path = sent.folder / "post"
    with closing(mailbox.Maildir(folder)) as box:
        box.add(bounce(post_office, GONE, "5.1.1"))
        box.add(bounce(post_office, FULL, "5.1.1"))
    second = sorted((folder / "new").iterdir())[1]
    data = second.read_bytes()
    second.unlink()
    second.mkdir()  # what cannot be read
    result = sent.run("bounces", "read", str(folder))
    assert (result.exit_code, result.stdout) == (0, "1 read: 1 hard; 1 suppressed\n")
    assert result.stderr == f"left where it is: {second}: Is a directory\n"
    second.rmdir()
    second.write_bytes(data)
    assert sent.run("bounces", "read", str(folder)).stdout == "1 read: 1 hard; 1 suppressed\n"


@pytest.fixture
def held() -> Iterator[tuple[Box, queue.SimpleQueue[str], queue.SimpleQueue[None]]]:
    """A POP3 server that says nothing to the first DELE before it is told to."""
    heard: queue.SimpleQueue[str] = queue.SimpleQueue()
    gate: queue.SimpleQueue[None] = queue.SimpleQueue()

    def hold(line: str) -> None:
        if line.startswith("DELE"):
            heard.put(line)
            gate.get(timeout=PATIENCE)

    with serving(Pop3, Box(heard=hold)) as box:
        yield box, heard, gate


def test_a_kill_between_recording_and_marking_counts_nothing_twice(
    sent: Site,
    post_office: ReturningOffice,
    held: tuple[Box, queue.SimpleQueue[str], queue.SimpleQueue[None]],
) -> None:
    box, heard, gate = held
    box.put(bounce(post_office, GONE, "5.1.1"), bounce(post_office, FULL, "5.2.2"))
    (sent.folder / "password").write_text(PASSWORD, encoding="utf-8")
    configure(sent, "[bounces]", '[bounces]\npassword_file = "password"')
    where = f"pop3://{USER}@127.0.0.1:{box.port}"
    with started(sent.start("bounces", "read", where)) as process:
        heard.get(timeout=PATIENCE)
        process.kill()
        process.wait()
    gate.put(None)
    assert len(box.mails) == 2
    box.heard = lambda _line: None
    assert sent.run("bounces", "read", where).stdout == "2 read: 2 known already\n"
    assert box.mails == []
    assert len(sent.lines("bounces", "list")) == 2
