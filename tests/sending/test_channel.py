"""Reaching the server at all: TLS, login, servers that are down, or take fewer connections than we would like."""

from __future__ import annotations

import asyncio
import base64
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.errors import TransportError
from digest.sending.server import Tls
from digest.sending.smtp import SmtpTransport
from tests.sending.conftest import Serve, only
from tests.sending.databases import new_house
from tests.sending.house import House, readers, server_at
from tests.sending.server import CHUNKING, DIALOGUES, GREETING, PLAIN, Answer, Moment, ScriptedServer, Then, say

LOGIN = base64.b64encode(b"\0user\0secret").decode()
AN_HOUR = timedelta(hours=1)
FOR_EVER = timedelta(days=999)  # fake time flies while refused connections rest
BRIEF = {"connections": 2, "outage": timedelta(minutes=5)}


def admits(moment: Moment) -> Answer | None:
    """Only the right password, and only over TLS."""
    if moment.stage != "AUTH":
        return None
    right = moment.secure and moment.argument == f"PLAIN {LOGIN}"
    return say("235 2.7.0 welcome" if right else "535 5.7.8 wrong user or password")


async def test_starttls_secures_everything_that_matters(
    house: House, serve: Serve, certificate: ssl.SSLContext, ca_file: Path
):
    secure = []
    server = await serve(lambda m: secure.append((m.stage, m.secure)), tls=certificate)
    house.freeze(*readers(3))
    await house.send(server.port, tls=Tls.REQUIRED, ca_file=ca_file)
    assert house.counts == {"accepted": 3}
    assert {stage for stage, is_secure in secure if not is_secure} == {GREETING, "EHLO", "STARTTLS"}


async def test_implicit_tls_starts_with_the_first_byte(
    house: House, serve: Serve, certificate: ssl.SSLContext, ca_file: Path
):
    server = await serve(tls=certificate, implicit=True)
    house.freeze(*readers(3))
    await house.send(server.port, tls=Tls.IMPLICIT, ca_file=ca_file)
    assert house.counts == {"accepted": 3}
    assert "STARTTLS" not in server.verbs()


@pytest.mark.parametrize("refusal", ["not offered", "refused", "only helo"])
async def test_without_starttls_there_is_no_mail(house: House, serve: Serve, refusal: str, certificate: ssl.SSLContext):
    scripts = {
        "refused": lambda m: say("454 4.7.0 not now") if m.stage == "STARTTLS" else None,
        "only helo": lambda m: say("502 5.5.1 what?") if m.stage == "EHLO" else None,
    }
    server = await serve(
        scripts.get(refusal, lambda _: None),
        tls=certificate if refusal == "refused" else None,
        extensions=("AUTH PLAIN",),
    )
    house.freeze(*readers(3))
    with pytest.raises(TransportError, match=r"STARTTLS|454 4\.7\.0 not now"):
        await house.send(server.port, tls=Tls.REQUIRED, username="user", password="secret", **BRIEF)
    assert set(server.verbs()) <= {"EHLO", "HELO", "STARTTLS", "QUIT"}
    assert house.counts == {"queued": 3}


@pytest.mark.parametrize("tls", [Tls.REQUIRED, Tls.IMPLICIT])
async def test_a_certificate_of_an_unknown_authority_is_refused(
    house: House, serve: Serve, certificate: ssl.SSLContext, tls: Tls
):
    server = await serve(tls=certificate, implicit=tls is Tls.IMPLICIT)
    house.freeze(*readers(3))
    with pytest.raises(TransportError, match="certificate") as caught:
        await house.send(server.port, tls=tls, **BRIEF)
    assert "smtp.ca_file" in caught.value.hint
    assert set(server.verbs()) <= {"EHLO", "STARTTLS"}
    assert house.counts == {"queued": 3}


async def test_a_certificate_for_another_name_is_refused(serve: Serve, authority: trustme.CA, ca_file: Path):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("mail.example.org").configure_cert(context)
    server = await serve(tls=context)
    with pytest.raises(TransportError, match="certificate"):
        await SmtpTransport(server_at(server.port, tls=Tls.REQUIRED, ca_file=ca_file)).connect()


async def test_verification_can_be_switched_off(house: House, serve: Serve, certificate: ssl.SSLContext):
    server = await serve(tls=certificate)
    house.freeze(*readers(2))
    await house.send(server.port, tls=Tls.REQUIRED, verify=False)
    assert house.counts == {"accepted": 2}


async def test_a_login_goes_over_tls_and_before_any_mail(
    house: House, serve: Serve, dialogue: str, certificate: ssl.SSLContext, ca_file: Path
):
    server = await serve(admits, tls=certificate, extensions=("AUTH PLAIN",))
    house.freeze(*readers(2))
    await house.send(server.port, connections=1, tls=Tls.REQUIRED, ca_file=ca_file, username="user", password="secret")
    assert house.counts == {"accepted": 2}
    first_of_a_message = "RSET" if dialogue == CHUNKING else "MAIL"
    assert server.verbs()[:5] == ["EHLO", "STARTTLS", "EHLO", "AUTH", first_of_a_message]


async def test_a_refused_login_marks_nobody_and_says_what_to_check(
    house: House, serve: Serve, certificate: ssl.SSLContext, ca_file: Path
):
    server = await serve(admits, tls=certificate, extensions=("AUTH PLAIN",))
    house.freeze(*readers(2))
    with pytest.raises(TransportError, match=r"login was refused: 535 5\.7\.8 wrong") as caught:
        await house.send(server.port, tls=Tls.REQUIRED, ca_file=ca_file, username="user", password="wrong", **BRIEF)
    assert "smtp.password" in caught.value.hint
    assert "wrong user" in caught.value.message
    assert LOGIN not in caught.value.message
    assert len(house.diary.pauses) == 1
    assert house.counts == {"queued": 2}
    assert "MAIL" not in server.verbs()


async def test_a_server_without_login_is_not_mailed_through_when_a_login_is_wanted(house: House, serve: Serve):
    server = await serve()
    house.freeze(*readers(2))
    with pytest.raises(TransportError, match="offers no login"):
        await house.send(server.port, username="user", password="secret", **BRIEF)
    assert "MAIL" not in server.verbs()


@pytest.mark.parametrize(("tls", "implicit"), [(Tls.IMPLICIT, False), (Tls.REQUIRED, True)])
async def test_the_wrong_port_is_told_in_one_line_with_a_hint(
    serve: Serve, certificate: ssl.SSLContext, ca_file: Path, tls: Tls, *, implicit: bool
):
    server = await serve(tls=certificate, implicit=implicit)
    transport = SmtpTransport(server_at(server.port, tls=tls, ca_file=ca_file, connect_timeout=0.3))
    with pytest.raises(TransportError) as caught:
        await transport.connect()
    assert "smtp.port" in caught.value.hint
    assert "\n" not in caught.value.message


async def test_an_unusable_ca_file_is_named(tmp_path: Path):
    for content in (None, "no certificate"):
        file = tmp_path / "ca.pem"
        if content:
            file.write_text(content)
        with pytest.raises(TransportError, match=r"ca\.pem"):
            SmtpTransport(server_at(25, tls=Tls.REQUIRED, ca_file=file))


@only(PLAIN)
async def test_a_password_that_is_revoked_half_way_leaves_the_rest_queued_and_blames_nobody(
    house: House, serve: Serve, certificate: ssl.SSLContext, ca_file: Path
):
    revoked = {"after": 3}

    def script(moment: Moment) -> Answer | None:
        refused = moment.stage == "AUTH" and moment.turn > revoked["after"]
        return say("535 5.7.8 wrong user or password") if refused else None

    server = await serve(script, tls=certificate, extensions=("AUTH PLAIN",))
    secure = {"tls": Tls.REQUIRED, "ca_file": ca_file, "username": "user", "password": "secret"}
    house.freeze(*readers(20))
    with pytest.raises(TransportError, match="login was refused"):
        await house.send(server.port, connections=1, messages_per_connection=3, outage=timedelta(minutes=5), **secure)
    assert house.counts == {"accepted": 9, "queued": 11}
    assert len(house.diary.pauses) == 1
    assert house.nobody_was_blamed
    revoked["after"] = 9999
    await house.send(server.port, **secure)
    assert server.taken == dict.fromkeys(readers(20), 1)


@only(PLAIN)
async def test_starttls_that_is_stripped_half_way_is_refused_and_nothing_leaves_in_the_clear(
    house: House, serve: Serve, certificate: ssl.SSLContext, ca_file: Path
):
    in_the_clear: list[str] = []

    def script(moment: Moment) -> Answer | None:
        if not moment.secure:
            in_the_clear.append(moment.stage)
        stripped = moment.stage == "EHLO" and not moment.secure and moment.connection > 1
        return say("250-scripted.example.org\r\n250 AUTH PLAIN") if stripped else None

    server = await serve(script, tls=certificate, extensions=("AUTH PLAIN",))
    house.freeze(*readers(6))
    with pytest.raises(TransportError, match="does not offer STARTTLS, so nothing was sent"):
        await house.send(
            server.port,
            connections=1,
            messages_per_connection=2,
            outage=timedelta(minutes=5),
            tls=Tls.REQUIRED,
            ca_file=ca_file,
            username="user",
            password="secret",
        )
    assert set(in_the_clear) <= {GREETING, "EHLO", "STARTTLS", "QUIT"}
    assert house.counts == {"accepted": 2, "queued": 4}
    assert house.nobody_was_blamed


@only(PLAIN)
async def test_what_was_slipped_in_before_tls_is_not_believed_after_it(
    house: House, serve: Serve, certificate: ssl.SSLContext, ca_file: Path
):
    """Answers in the clear, sent together with the one to STARTTLS, would otherwise answer what is asked under TLS."""
    slipped = say("220 2.0.0 ready\r\n250-evil.example.net\r\n250 AUTH PLAIN")
    server = await serve(lambda m: slipped if m.stage == "STARTTLS" else None, tls=certificate)
    house.freeze(*readers(2))
    with pytest.raises(TransportError):
        await house.send(
            server.port,
            connections=1,
            outage=timedelta(minutes=1),
            tls=Tls.REQUIRED,
            ca_file=ca_file,
            username="user",
            password="secret",
        )
    assert LOGIN not in " ".join(line for _, line in server.heard)
    assert house.counts == {"queued": 2}


@only(PLAIN)
@pytest.mark.parametrize("tls", [Tls.REQUIRED, Tls.IMPLICIT])
async def test_an_expired_certificate_is_refused(
    house: House, serve: Serve, authority: trustme.CA, ca_file: Path, tls: Tls
):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    yesterday = datetime.now(UTC) - timedelta(days=1)
    authority.issue_cert("127.0.0.1", not_before=yesterday - AN_HOUR, not_after=yesterday).configure_cert(context)
    server = await serve(tls=context, implicit=tls is Tls.IMPLICIT)
    house.freeze(*readers(2))
    with pytest.raises(TransportError, match="certificate has expired"):
        await house.send(server.port, outage=timedelta(minutes=1), tls=tls, ca_file=ca_file)
    assert house.counts == {"queued": 2}
    assert "MAIL" not in server.verbs()


@pytest.mark.parametrize("stage", [GREETING, "EHLO", "STARTTLS", "AUTH"])
@only(PLAIN)
@settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))
@given(noise=st.binary(max_size=60).map(lambda data: data + b"\r\n") | st.sampled_from([b"334 \xff\r\n", b"2\r\n"]))
def test_whatever_is_said_before_the_first_message_is_one_line_for_the_operator(
    stage: str,
    noise: bytes,
    *,
    dialogue: str,
    certificate: ssl.SSLContext,
    ca_file: Path,
):
    async def run(house: House) -> None:
        house.freeze(*readers(2))
        async with ScriptedServer(
            lambda m: Answer(noise, Then.CUT) if m.stage == stage else None, ("AUTH PLAIN", *DIALOGUES[dialogue])
        ) as server:
            server.tls = certificate
            with pytest.raises(TransportError) as caught:
                await house.send(
                    server.port,
                    connections=1,
                    outage=timedelta(seconds=1),
                    tls=Tls.REQUIRED,
                    ca_file=ca_file,
                    username="user",
                    password="secret",
                    command_timeout=1,
                )
        assert caught.value.message.isprintable()
        assert house.counts == {"queued": 2}

    with new_house() as house:
        asyncio.run(run(house))


# --- a sick channel ------------------------------------------------------------------------------------------------


async def test_a_server_that_is_down_for_a_while_costs_that_while_and_nobody(house: House, serve: Serve):
    server = await serve(listening=False)
    house.time.slept = lambda nap: server.listen() if nap == 25 else None
    house.freeze(*readers(20))
    await house.send(server.port)
    assert server.taken == dict.fromkeys(readers(20), 1)
    assert house.counts == {"accepted": 20}
    assert {house.delivery(who).attempts for who in readers(20)} == {1}
    assert len(house.diary.pauses) == 1
    assert house.diary.resumptions == 1
    assert "nothing answers there" in house.diary.pauses[0]


async def test_a_server_that_stays_down_ends_the_run_with_everybody_still_queued(house: House, serve: Serve):
    server = await serve(listening=False)
    house.freeze(*readers(20))
    started = house.time.now()
    with pytest.raises(TransportError, match="nothing answers there"):
        await house.send(server.port, **BRIEF)
    assert house.counts == {"queued": 20}
    assert timedelta(minutes=5) <= house.time.now() - started < timedelta(minutes=7)
    await server.listen()
    await house.send(server.port)
    assert server.taken == dict.fromkeys(readers(20), 1)


async def test_fewer_connections_than_configured_are_enough_and_no_reason_to_cry(house: House, serve: Serve):
    open_now: set[int] = set()

    def script(moment: Moment) -> Answer | None:
        if moment.stage == GREETING:
            if len(open_now) >= 2:
                return say("421 4.7.0 too many connections")
            open_now.add(moment.connection)
        if moment.stage == "QUIT":
            open_now.discard(moment.connection)
        return None

    house.freeze(*readers(60))
    server = await serve(script)
    await house.send(server.port, connections=6, outage=FOR_EVER, lease=FOR_EVER)
    assert server.taken == dict.fromkeys(readers(60), 1)
    assert house.counts == {"accepted": 60}
    assert len(house.diary.pauses) <= 2  # before the first message, perhaps after the last


async def test_a_server_that_hangs_up_after_each_welcome_is_not_called_without_end(house: House, serve: Serve):
    server = await serve(lambda m: say("250 scripted.example.org", Then.CUT) if m.stage == "EHLO" else None)
    house.freeze(*readers(3))
    with pytest.raises(TransportError):
        await house.send(server.port, connections=1, outage=timedelta(minutes=5))
    assert house.counts == {"queued": 3}
    assert server.connections < 20
    assert len(house.diary.pauses) == 1
