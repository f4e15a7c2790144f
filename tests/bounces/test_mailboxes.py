"""Mailboxes of every kind, real ones: nothing is marked before it is recorded, and nothing is lost."""

from __future__ import annotations

import io
import mailbox
import ssl
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trustme

from digest.bounces import collecting, reading
from digest.bounces.collecting import Collected, collect
from digest.bounces.mail import READ_MAXIMUM
from digest.bounces.mailboxes import opened
from digest.bounces.recording import Recorder
from digest.errors import DigestError, StoreError, TransportError, TryLaterError, UsageError
from digest.model import NoticeKind
from digest.store.notices import Notices
from tests.bounces.conftest import START, Ledger
from tests.bounces.post import dsn, failed, plain
from tests.bounces.servers import PASSWORD, USER, Box, CutError, Imap, Pop3, serving, unused_port
from tests.bounces.tokens import SIGNER, delivery_of, tag

RETURNED = partial(reading.read, signer=SIGNER, delivery_of=delivery_of)
NOTHING = io.BytesIO()


def report(number: int, delivery: int = 1) -> bytes:
    to = f"bounces+{tag(delivery)}@example.org"
    return dsn(failed("5.1.1"), to=to, message_id=f"{number}@mail.example")


THREE = [
    report(1),
    report(2),
    plain(".a line with a dot\n..and two\n" + "long " * 4000, sender="a@b.example", subject="Hi"),
]


@pytest.fixture
def read(recorder: Recorder, ledger: Ledger) -> Callable[..., Collected]:
    """Reads a mailbox into the record, as the command does."""
    ledger.accepted(1)

    def read(
        where: str, password: str = PASSWORD, *, keep: bool = True, standard_input: io.BytesIO = NOTHING
    ) -> Collected:
        with opened(where, password, standard_input, keep=keep) as box:
            return [Collected(), *collect(box, recorder, RETURNED, START, keep=keep)][-1]

    return read


Read = Callable[..., Collected]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def tls(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A certificate for 127.0.0.1 that is trusted here."""
    trusted = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(trusted)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    return certified(authority, "127.0.0.1")


def certified(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(name).configure_cert(context)
    return context


def kinds(collected: Collected) -> dict[NoticeKind, int]:
    return dict(collected.tally.kinds)


ALL = {NoticeKind.HARD: 2, NoticeKind.UNKNOWN: 1}

# --- every mailbox keeps the same promises ---------------------------------------------------------------------------


class Stand:
    """A mailbox for tests: how it is named, how mails come in, how many wait."""

    def __init__(self, where: str, put: Callable[[bytes], None], waiting: Callable[[], int]) -> None:
        self.where, self.put, self.waiting = where, put, waiting


def on_a_server(talk: type[Imap | Pop3], scheme: str) -> Callable[..., AbstractContextManager[Stand]]:
    @contextmanager
    def stand(_path: Path, context: ssl.SSLContext) -> Iterator[Stand]:
        with serving(talk, Box(), context if scheme.endswith("s") else None) as box:
            where = f"{scheme}://{USER}@127.0.0.1:{box.port}"
            yield Stand(where, box.put, lambda: sum(not mail.seen for mail in box.mails))

    return stand


def in_files(kind: str) -> Callable[..., AbstractContextManager[Stand]]:
    @contextmanager
    def stand(path: Path, _context: ssl.SSLContext) -> Iterator[Stand]:
        where = path / "post"

        def opened() -> Any:
            return closing(mailbox.Maildir(where) if kind == "maildir" else mailbox.mbox(where))

        def put(data: bytes) -> None:
            with opened() as box:
                box.add(data)

        def waiting() -> int:
            read = "S" if kind == "maildir" else "R"
            with opened() as box:
                return sum(read not in message.get_flags() for message in box)

        with opened() as box:
            box.flush()
        yield Stand(f"{kind}:{where}", put, waiting)

    return stand


EVERY = {
    "imaps": on_a_server(Imap, "imaps"),
    "imap": on_a_server(Imap, "imap"),
    "pop3s": on_a_server(Pop3, "pop3s"),
    "pop3": on_a_server(Pop3, "pop3"),
    "maildir": in_files("maildir"),
    "mbox": in_files("mbox"),
}


@pytest.fixture(params=EVERY)
def stand(request: pytest.FixtureRequest, tmp_path: Path, tls: ssl.SSLContext) -> Iterator[Stand]:
    with EVERY[request.param](tmp_path, tls) as made:
        yield made


def test_what_waits_is_read_once(stand: Stand, read: Read) -> None:
    for data in THREE:
        stand.put(data)
    assert kinds(read(stand.where)) == ALL
    assert stand.waiting() == 0
    stand.put(report(4))
    assert read(stand.where).mails == 1


def test_an_empty_mailbox_is_nothing_special(stand: Stand, read: Read) -> None:
    assert read(stand.where) == Collected()


def test_a_dry_run_leaves_everything_as_it_is(stand: Stand, read: Read, notices: Notices) -> None:
    for data in THREE:
        stand.put(data)
    assert kinds(read(stand.where, keep=False)) == ALL
    assert stand.waiting() == 3
    assert list(notices.each()) == []


def test_nothing_is_marked_that_could_not_be_recorded(
    stand: Stand, read: Read, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand.put(report(1))
    real = recorder.record

    def full(*_words: object, **_options: object) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(recorder, "record", full)
    with pytest.raises(StoreError):
        read(stand.where)
    monkeypatch.setattr(recorder, "record", real)
    assert stand.waiting() == 1
    assert kinds(read(stand.where)) == {NoticeKind.HARD: 1}


def test_a_run_that_breaks_off_marks_what_it_recorded_and_the_next_one_goes_on(
    stand: Stand, recorder: Recorder, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.accepted(1)
    monkeypatch.setattr(collecting, "AT_ONCE", 2)
    for number in range(5):
        stand.put(report(number))
    with opened(stand.where, PASSWORD, NOTHING) as box:
        next(collect(box, recorder, RETURNED, START))  # and no more
    assert stand.waiting() == 3
    with opened(stand.where, PASSWORD, NOTHING) as box:
        assert [collected.mails for collected in collect(box, recorder, RETURNED, START)] == [2, 3]


def test_the_same_mail_has_one_key_in_every_mailbox(tmp_path: Path, tls: ssl.SSLContext, read: Read) -> None:
    known = []
    for name, make in EVERY.items():
        (tmp_path / name).mkdir()
        with make(tmp_path / name, tls) as stand:
            stand.put(THREE[2])
            known.append(read(stand.where).tally.known)
    assert known == [0, 1, 1, 1, 1, 1]


def test_of_a_huge_mail_the_beginning_is_enough(stand: Stand, read: Read) -> None:
    stand.put(report(1) + b"\r\n" + b"more and more of it\r\n" * (READ_MAXIMUM // 10))
    stand.put(report(2))
    assert kinds(read(stand.where)) == {NoticeKind.HARD: 2}


# --- servers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("talk", [Imap, Pop3])
def test_a_wrong_password_is_one_clear_line(talk: type[Imap | Pop3], tls: ssl.SSLContext, read: Read) -> None:
    scheme = talk.__name__.lower() + "s"
    with serving(talk, Box(), tls) as box, pytest.raises(TransportError, match=r"who are you\?") as raised:
        read(f"{scheme}://{USER}@127.0.0.1:{box.port}", "wrong")
    assert raised.value.exit_code == 75
    assert "wrong" not in str(raised.value)


@pytest.mark.parametrize("talk", [Imap, Pop3])
def test_a_certificate_that_nobody_vouches_for_is_refused(
    talk: type[Imap | Pop3], tls: ssl.SSLContext, read: Read
) -> None:
    stranger = certified(trustme.CA(), "127.0.0.1")
    scheme = talk.__name__.lower() + "s"
    with serving(talk, Box(), stranger) as box, pytest.raises(TransportError, match="certificate"):
        read(f"{scheme}://{USER}@127.0.0.1:{box.port}")
    assert box.log == []


@pytest.mark.parametrize("talk", [Imap, Pop3])
def test_a_certificate_for_another_host_is_refused(
    talk: type[Imap | Pop3], authority: trustme.CA, tls: ssl.SSLContext, read: Read
) -> None:
    scheme = talk.__name__.lower() + "s"
    with (
        serving(talk, Box(), certified(authority, "other.example.org")) as box,
        pytest.raises(TransportError, match="certificate"),
    ):
        read(f"{scheme}://{USER}@127.0.0.1:{box.port}")


@pytest.mark.parametrize("scheme", ["imap", "pop3", "imaps", "pop3s"])
def test_a_server_that_is_not_there_is_for_later(scheme: str, read: Read) -> None:
    with pytest.raises(TransportError, match="refused"):
        read(f"{scheme}://{USER}@127.0.0.1:{unused_port()}")


@pytest.mark.parametrize("scheme", ["imap", "pop3"])
def test_a_password_never_crosses_a_network_in_the_clear(scheme: str, read: Read) -> None:
    with pytest.raises(UsageError, match="in the clear") as raised:
        read(f"{scheme}://{USER}@mail.example.org")
    assert f"{scheme}s://" in raised.value.hint


@pytest.mark.parametrize(
    ("talk", "words"),
    [
        (Imap, "UID FETCH 101"),
        (Imap, "UID STORE"),
        (Imap, "UID SEARCH"),
        (Pop3, "RETR 2"),
        (Pop3, "DELE 2"),
        (Pop3, "STAT"),
    ],
)
def test_a_line_that_is_cut_loses_nothing_and_counts_nothing_twice(
    talk: type[Imap | Pop3], words: str, read: Read, notices: Notices
) -> None:
    def cut(line: str) -> None:
        if words in line:
            raise CutError

    box = Box()
    box.put(report(1), report(2))
    where = f"{talk.__name__.lower()}://{USER}@127.0.0.1:"
    box.heard = cut
    with serving(talk, box), pytest.raises(TransportError):
        read(f"{where}{box.port}")
    box.heard = lambda _line: None
    with serving(talk, box):
        read(f"{where}{box.port}")
    assert [noted.kind for noted in notices.each()] == [NoticeKind.HARD] * 2


@pytest.mark.parametrize("talk", [Imap, Pop3])
def test_one_mail_that_cannot_be_had_stands_in_nobodys_way(talk: type[Imap | Pop3], read: Read) -> None:
    box = Box()
    box.put(report(1), report(2), report(3))
    box.mails[1].broken = True
    with serving(talk, box):
        collected = read(f"{talk.__name__.lower()}://{USER}@127.0.0.1:{box.port}")
        assert (collected.mails, kinds(collected)) == (2, {NoticeKind.HARD: 2})
        (why,) = collected.left
        assert "the message is corrupt" in why
        assert [mail.seen or mail.deleted for mail in box.mails] in ([True, False, True], [False])
        assert any(mail.broken for mail in box.mails)


@pytest.mark.parametrize(("talk", "words"), [(Imap, "UID FETCH 102"), (Pop3, "RETR 3")])
def test_what_was_fetched_before_a_line_was_cut_is_recorded_at_once(
    talk: type[Imap | Pop3], words: str, recorder: Recorder, ledger: Ledger, notices: Notices
) -> None:
    def cut(line: str) -> None:
        if words in line:
            raise CutError

    ledger.accepted(1)
    box = Box(heard=cut)
    box.put(report(1), report(2), report(3))
    told = []
    with (
        serving(talk, box),
        pytest.raises(TransportError),
        opened(f"{talk.__name__.lower()}://{USER}@127.0.0.1:{box.port}", PASSWORD, NOTHING) as post,
    ):
        told.extend(collect(post, recorder, RETURNED, START))  # told below, as it breaks off
    assert len(list(notices.each())) == 2


def test_another_folder_is_read_where_one_is_named(read: Read) -> None:
    with serving(Imap, Box()) as box:
        box.put(report(1))
        assert read(f"imap://{USER}@127.0.0.1:{box.port}/Came%20%22back%22").mails == 1
        with pytest.raises(TransportError, match="folder Trash: there is no such folder"):
            read(f"imap://{USER}@127.0.0.1:{box.port}/Trash")
        with pytest.raises(UsageError, match="Zurück"):
            read(f"imap://{USER}@127.0.0.1:{box.port}/Zur%C3%BCck")


def test_a_server_without_sasl_gets_a_plain_login(read: Read) -> None:
    with serving(Imap, Box(plain=False)) as box:
        box.put(report(1))
        assert read(f"imap://{USER}@127.0.0.1:{box.port}", "secret").mails == 1
        with pytest.raises(TransportError):
            read(f"imap://{USER}@127.0.0.1:{box.port}", "sécret")


def test_a_mail_that_went_away_meanwhile_is_nobodys_loss(read: Read) -> None:
    box = Box()
    box.put(report(1), report(2))
    box.mails[0].deleted = True
    with serving(Imap, box):
        assert kinds(read(f"imap://{USER}@127.0.0.1:{box.port}")) == {NoticeKind.HARD: 1}


# --- files -----------------------------------------------------------------------------------------------------------


def test_a_maildir_keeps_the_other_flags_of_a_mail(tmp_path: Path, read: Read) -> None:
    box = mailbox.Maildir(tmp_path / "post")
    seen_in_passing = mailbox.MaildirMessage(report(1))
    seen_in_passing.set_subdir("cur")
    seen_in_passing.set_flags("F")
    box.add(seen_in_passing)
    (tmp_path / "post" / "new" / ".hidden").write_bytes(b"not a mail")
    assert read(f"maildir:{tmp_path / 'post'}").mails == 1
    (file,) = (tmp_path / "post" / "cur").iterdir()
    assert file.name.endswith(":2,FS")
    assert [file.name for file in (tmp_path / "post" / "new").iterdir()] == [".hidden"]


def test_an_mbox_keeps_every_mail_as_it_was_but_for_its_status(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "post"
    path.write_bytes(
        b"From a@b Mon Oct  6 07:00:00 2025\nSubject: one\n\n>From here\n\xff\xfe\n\nFrom c@d Mon Oct  6 07:00:00 2025\nStatus: RO\nSubject: two\n\nHi"
    )
    assert read(f"mbox:{path}").mails == 1
    assert path.read_bytes().rstrip(b"\n").replace(b"\n\n\n", b"\n\n") == (
        b"From a@b Mon Oct  6 07:00:00 2025\nSubject: one\nStatus: RO\n\n>From here\n\xff\xfe\n\n"
        b"From c@d Mon Oct  6 07:00:00 2025\nStatus: RO\nSubject: two\n\nHi"
    )


def test_an_mbox_behind_a_link_is_written_where_it_is(tmp_path: Path, read: Read) -> None:
    (tmp_path / "spool").mkdir()
    real, link = tmp_path / "spool" / "post", tmp_path / "link"
    with closing(mailbox.mbox(real)) as box:
        box.add(report(1))
    link.symlink_to(real)
    assert read(f"mbox:{link}").mails == 1
    assert link.is_symlink()
    assert b"Status: RO" in real.read_bytes()
    assert read(str(link)).mails == 0


def test_a_file_that_cannot_be_read_stands_in_nobodys_way(tmp_path: Path, read: Read) -> None:
    post = tmp_path / "post"
    box = mailbox.Maildir(post)
    box.add(report(1))
    (post / "new" / "0").mkdir()
    collected = read(f"maildir:{post}")
    assert (collected.mails, collected.left) == (1, (f"{post}/new/0: Is a directory",))


def test_an_mbox_that_another_program_holds_is_for_later(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "post"
    path.write_bytes(b"From a@b Mon Oct  6 07:00:00 2025\nSubject: one\n\nHi\n")
    (tmp_path / "post.lock").touch()
    with pytest.raises(TryLaterError, match="another program is using it"):
        read(f"mbox:{path}")


def test_a_path_is_what_it_looks_like(tmp_path: Path, read: Read) -> None:
    mailbox.Maildir(tmp_path / "folder").add(report(1))
    with closing(mailbox.mbox(tmp_path / "file")) as box:
        box.add(report(2))
    (tmp_path / "one.eml").write_bytes(report(3))
    assert [read(str(tmp_path / name)).tally.kinds for name in ("folder", "file", "one.eml")] == [
        {NoticeKind.HARD: 1}
    ] * 3
    assert read(str(tmp_path / "one.eml")).tally.known == 1


def test_standard_input_is_one_mail_or_an_mbox(read: Read) -> None:
    assert kinds(read("-", standard_input=io.BytesIO(report(1)))) == {NoticeKind.HARD: 1}
    several = b"".join(
        b"From a@b Mon Oct  6 07:00:00 2025\n" + report(n).replace(b"\r\n", b"\n") + b"\n" for n in (2, 3)
    )
    assert kinds(read("-", standard_input=io.BytesIO(several))) == {NoticeKind.HARD: 2}


def test_a_pipe_is_read_to_its_end_so_that_whoever_writes_is_not_cut_off(read: Read) -> None:
    pipe = io.BytesIO(report(1) + b"x" * READ_MAXIMUM * 3)
    read("-", standard_input=pipe)
    assert pipe.read() == b""


@pytest.mark.parametrize(
    ("where", "error"),
    [
        ("maildir:nowhere", UsageError),
        ("mbox:nowhere", UsageError),
        ("nowhere", DigestError),
        ("imaps://mail.example.org", UsageError),
        ("imaps://user:secret@mail.example.org", UsageError),
        ("imaps://user%0d%0aLOGOUT@mail.example.org", UsageError),
        ("imaps://user@[::1/", UsageError),
        ("pop3s://user@mail.example.org:none", UsageError),
        ("http://mail.example.org", UsageError),
    ],
)
def test_what_is_no_mailbox_is_said_in_one_line(
    where: str, error: type[DigestError], read: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error) as raised:
        read(where)
    assert raised.value.hint
    assert "\n" not in raised.value.message
    assert "secret" not in raised.value.message
