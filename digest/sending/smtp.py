"""Connections to mail servers: aiosmtplib opens, secures and logs in, then the dialogue of the messages is ours.

aiosmtplib's own ``sendmail`` raises the same error for a line cut before the content left and for one cut after it, and
these two mean opposite things for a delivery; and it waits for each reply. So it hands the transport over to a
``Line``, and ``Dialogue`` or ``Chunks`` speaks over that, by what the server offers.
"""

from __future__ import annotations

import asyncio
import ssl
from typing import cast

import aiosmtplib
from aiosmtplib.errors import SMTPException, SMTPResponseException

from digest.errors import TransportError
from digest.sending.chunking import Chunks
from digest.sending.dialogue import Dialogue
from digest.sending.line import Line
from digest.sending.server import Offer, Server, Tls, plain


class SmtpTransport:
    """Connections to one server. The TLS context is made once; an unusable ``ca_file`` raises TransportError."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._context = None if server.tls is Tls.NONE else _tls_context(server)

    async def connect(self) -> Chunks | Dialogue:
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
                await _log_in(client, server)
            return _talking(client, server)
        except (SMTPException, OSError, ValueError) as error:
            client.close()
            raise _explained(error, server) from error
        except BaseException:
            client.close()
            raise


def _talking(client: aiosmtplib.SMTP, server: Server) -> Chunks | Dialogue:
    """Takes the transport over: from here on the library neither reads nor writes."""
    if client.transport is None or not client.is_connected:
        raise aiosmtplib.SMTPServerDisconnected("the server closed the connection")
    line = Line(cast("asyncio.Transport", client.transport))
    offer = _offer(client)
    return Chunks(line, server, offer) if offer.chunking and offer.pipelining else Dialogue(line, server, offer)


def _offer(client: aiosmtplib.SMTP) -> Offer:
    size = client.esmtp_extensions.get("size", "")
    return Offer(
        pipelining=client.supports_extension("pipelining"),
        chunking=client.supports_extension("chunking"),
        eight_bit=client.supports_extension("8bitmime"),
        smtputf8=client.supports_extension("smtputf8"),
        size=int(size) if size.isdecimal() and size.isascii() else 0,
    )


async def _log_in(client: aiosmtplib.SMTP, server: Server) -> None:
    if not server.password:
        raise TransportError(f"{server.called}: there is no password to log in with", hint="set smtp.password_file")
    if not client.supports_extension("auth"):
        raise TransportError(
            f"{server.called}: the server offers no login on this connection",
            hint='set smtp.tls = "required" if it wants TLS first, or leave smtp.username out',
        )
    await client.login(server.username, server.password)


async def _secure(client: aiosmtplib.SMTP, server: Server) -> None:
    """STARTTLS or nothing (RFC 3207; RFC 8314 on why not to fall back): a stripped offer must not expose the mail."""
    await _greet(client)
    if not client.supports_extension("starttls"):
        raise TransportError(
            f"{server.called}: the server does not offer STARTTLS, so nothing was sent",
            hint='check smtp.port; smtp.tls = "implicit" is for port 465, "none" for a server on this machine',
        )
    said = await client.starttls()
    if said.code // 100 != 2:  # noqa: PLR2004
        raise TransportError(f"{server.called}: the server refused STARTTLS: {said.code} {plain(said.message)}")


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
    return TransportError(f"{server.called}: {plain(what)}", hint=hint)


def _said(error: Exception) -> str:
    if isinstance(error, SMTPResponseException):
        return f"{error.code} {error.message}" if error.code > 0 else error.message
    return str(error) or type(error).__name__
