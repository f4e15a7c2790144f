"""Messages leave by SMTP: aiosmtplib connects, secures and logs in; the dialogue of each message is ours.

aiosmtplib's own ``sendmail`` raises the same error for a line cut before the content left and for one cut after it, and
these two mean opposite things for a delivery. So the commands are given one by one here, and each fault is told by how
far the dialogue had come (RFC 5321, 4.1.4).
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import aiosmtplib
from aiosmtplib.errors import SMTPException, SMTPResponseException
from aiosmtplib.protocol import SMTPProtocol
from aiosmtplib.response import SMTPResponse

from digest.delivery import is_channel_fault
from digest.errors import TransportError
from digest.model import Message, Reply, Stage

REPLY_TEXT_MAXIMUM = 500  # characters of a reply that are kept: some servers send pages
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")
_START_INPUT = 354
_SERVICE_CLOSING = 421


class Tls(StrEnum):
    REQUIRED = "required"  # STARTTLS, or no mail
    IMPLICIT = "implicit"  # TLS from the first byte (RFC 8314)
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Server:
    """A mail server and how to talk to it; time-outs are in seconds."""

    host: str
    port: int
    tls: Tls = Tls.REQUIRED
    verify: bool = True
    ca_file: Path | None = None
    username: str = ""
    password: str = ""
    messages_per_connection: int = 1000
    connect_timeout: float = 30
    command_timeout: float = 60
    data_timeout: float = 600

    @property
    def name(self) -> str:
        return f"{self.host}:{self.port}"


class SmtpTransport:
    """Connections to one server. The TLS context is made once; an unusable ``ca_file`` raises TransportError."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._context = None if server.tls is Tls.NONE else _tls_context(server)

    async def connect(self) -> SmtpConnection:
        """Connected, secured as configured, logged in. Raises TransportError, which says what failed and what to do."""
        server = self._server
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            timeout=server.command_timeout,
            use_tls=server.tls is Tls.IMPLICIT,
            start_tls=False,
            tls_context=self._context,
        )
        try:
            await client.connect(timeout=server.connect_timeout)
            if server.tls is Tls.REQUIRED:
                await _secure(client, server)
            await _greet(client)
            if server.username:
                await client.login(server.username, server.password)
        except (SMTPException, OSError, ValueError) as error:
            client.close()
            raise _explained(error, server) from error
        except BaseException:
            client.close()
            raise
        return SmtpConnection(client, server)


class SmtpConnection:
    """One open connection; ``send`` is one mail transaction (RFC 5321, 3.3)."""

    def __init__(self, client: aiosmtplib.SMTP, server: Server) -> None:
        self._client = client
        self._server = server
        self._sent = 0

    @property
    def spent(self) -> bool:
        return self._sent >= self._server.messages_per_connection or not self._client.is_connected

    async def send(self, message: Message, in_time: Callable[[], bool] = lambda: True) -> Reply:
        """One message. Raises TransportError while nothing of its content has left, and that never does when not ``in_time``."""
        self._sent += 1
        try:
            return await self._transaction(message, in_time)
        except asyncio.CancelledError:
            self._client.close()  # there is nothing to say goodbye to in the middle of a message
            raise

    async def _transaction(self, message: Message, in_time: Callable[[], bool]) -> Reply:
        if message.smtputf8 and not self._client.supports_extension("smtputf8"):
            return self._reply(Stage.RCPT, 553, "5.6.7 the server does not take addresses that are not ASCII")
        options = [b"SMTPUTF8"] if message.smtputf8 else []
        mail = await self._command(b"MAIL", f"FROM:<{message.envelope_from}>".encode(), *options)
        if mail.code // 100 != 2:  # noqa: PLR2004 - RFC 5321, 4.2.1
            raise self._refused(f"refused the sender {message.envelope_from}", mail)
        rcpt = await self._command(b"RCPT", f"TO:<{message.to}>".encode())
        if rcpt.code // 100 != 2:  # noqa: PLR2004
            return await self._given_up(Stage.RCPT, rcpt)
        data = await self._command(b"DATA")
        if data.code != _START_INPUT:
            return await self._given_up(Stage.DATA, data)
        return await self._content(message.data, in_time)

    async def close(self) -> None:
        """Says goodbye, but waits for no answer worth waiting for."""
        with contextlib.suppress(SMTPException, OSError):
            await self._client.quit(timeout=5)
        self._client.close()

    async def _command(self, *words: bytes) -> SMTPResponse:
        try:
            return await self._client.execute_command(*words, timeout=self._server.command_timeout)
        except (SMTPException, OSError) as error:
            raise _explained(error, self._server) from error

    async def _content(self, data: bytes, in_time: Callable[[], bool]) -> Reply:
        """The content and the final dot; whatever goes wrong from here on is a doubt, not a failure."""
        protocol = self._in_step()
        if not in_time():
            self._client.close()  # after DATA nothing else takes a message back (RFC 5321, 4.1.1.4)
            raise TransportError(f"{self._server.name}: too much time went by before the message left")
        try:
            protocol.write(data + b".\r\n")
            said = await protocol.read_response(timeout=self._server.data_timeout)
        except (SMTPException, OSError) as error:
            self._client.close()
            return self._reply(Stage.CUT, 0, f"no answer after the message: {_said(error)}")
        if said.code == _SERVICE_CLOSING:
            self._client.close()
        return self._reply(Stage.FINAL, said.code, said.message)

    def _in_step(self) -> SMTPProtocol:
        """The line, if it is there and the server has said no more than it was asked for.

        What it said too early would be read as its answer to the content, and could turn a refusal into an acceptance.
        """
        protocol = self._client.protocol
        if protocol is None or not self._client.is_connected:
            raise TransportError(f"{self._server.name}: the connection was lost before the message left")
        if protocol._buffer:  # noqa: SLF001 - the library has no other way to see that something is left unread
            self._client.close()
            raise TransportError(f"{self._server.name}: the server answered before it was asked")
        return protocol

    async def _given_up(self, stage: Stage, said: SMTPResponse) -> Reply:
        """A refusal before the content left: the recipient's, or about us and then a TransportError."""
        if is_channel_fault(said.code, stage):
            raise self._refused("refused to go on", said)
        await self._reset()
        return self._reply(stage, said.code, said.message)

    async def _reset(self) -> None:
        """Ready for the next message or closed: what the server has said about this one stands in any case."""
        try:
            done = (await self._command(b"RSET")).code // 100 == 2  # noqa: PLR2004
        except TransportError:
            done = False
        if not done:
            self._client.close()

    def _reply(self, stage: Stage, code: int, text: str) -> Reply:
        return Reply(code, _plain(text), stage, self._server.name)

    def _refused(self, what: str, said: SMTPResponse) -> TransportError:
        return TransportError(f"{self._server.name}: the server {what}: {said.code} {_plain(said.message)}")


async def _secure(client: aiosmtplib.SMTP, server: Server) -> None:
    """STARTTLS or nothing (RFC 3207; RFC 8314 on why not to fall back): a stripped offer must not expose the mail."""
    await _greet(client)
    if not client.supports_extension("starttls"):
        raise TransportError(
            f"{server.name}: the server does not offer STARTTLS, so nothing was sent",
            hint='check smtp.port; smtp.tls = "implicit" is for port 465, "none" for a server on this machine',
        )
    said = await client.starttls()
    if said.code // 100 != 2:  # noqa: PLR2004
        raise TransportError(f"{server.name}: the server refused STARTTLS: {said.code} {_plain(said.message)}")


async def _greet(client: aiosmtplib.SMTP) -> None:
    try:
        await client.ehlo()
    except aiosmtplib.SMTPHeloError:
        if not client.is_connected:
            raise
        await client.helo()


def _tls_context(server: Server) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=server.ca_file)
    except (OSError, ssl.SSLError) as error:
        raise TransportError(f"{server.ca_file}: cannot be used: {error}", hint="check smtp.ca_file") from error
    if not server.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _explained(error: Exception, server: Server) -> TransportError:
    """The library's error as one line that says what to do."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLError | ConnectionRefusedError):
        cause = cause.__cause__ or cause.__context__
    match error, cause:
        case aiosmtplib.SMTPAuthenticationError(), _:
            what, hint = f"the login was refused: {_said(error)}", "check smtp.username and smtp.password"
        case _, ssl.SSLCertVerificationError():
            what, hint = (
                f"the certificate is not valid: {cause.verify_message}",
                "check smtp.host, or name its authority in smtp.ca_file",
            )
        case _, ssl.SSLError():
            what, hint = (
                f"TLS failed: {cause.reason or cause}",
                'check smtp.port and smtp.tls ("implicit" is for port 465)',
            )
        case _, ConnectionRefusedError():
            what, hint = "nothing answers there", "check smtp.host and smtp.port"
        case aiosmtplib.SMTPConnectTimeoutError(), _:
            what, hint = f"no answer within {server.connect_timeout:g} s", "check smtp.host, smtp.port and the firewall"
        case _:
            what, hint = _said(error), ""
    return TransportError(f"{server.name}: {_plain(what)}", hint=hint)


def _said(error: Exception) -> str:
    if isinstance(error, SMTPResponseException):
        return f"{error.code} {error.message}" if error.code > 0 else error.message
    return str(error) or type(error).__name__


def _plain(text: str) -> str:
    """What a server said, as one harmless line."""
    return _CONTROL.sub(" ", text)[:REPLY_TEXT_MAXIMUM].strip()
