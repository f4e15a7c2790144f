"""A word with a mail server, as far as a stranger gets: what it calls itself, what it offers, how it secures the line.

Nobody logs in and nothing is sent. How mails are sent is ``digest.sending``'s business, and this is not how.
"""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from digest.deliverability.facts import Greeting, Server, Stop, Tls


class SmtpHandshake:
    """Looks at a server, in as many seconds as its ``timeout`` gives each step."""

    def look(self, server: Server) -> Greeting:
        """What it says; where the look ended before its time, the greeting says why. Raises nothing."""
        talk = _Talk(Greeting(addresses=tuple(_addresses(server))))
        try:
            with contextlib.closing(_client(server)) as client:
                talk.along(client, server)
        except ssl.SSLCertVerificationError as error:
            return talk.stopped(Stop.CERTIFICATE, error.verify_message)
        except ssl.SSLError as error:
            return talk.stopped(Stop.TLS, error.reason or str(error))
        except (smtplib.SMTPConnectError, smtplib.SMTPHeloError) as error:
            return talk.stopped(Stop.UNREACHABLE, _said(error))
        except smtplib.SMTPResponseException as error:
            return talk.stopped(Stop.TLS, f"STARTTLS is refused: {_said(error)}")
        except (smtplib.SMTPException, OSError, ValueError) as error:
            return talk.stopped(Stop.UNREACHABLE, str(error) or type(error).__name__)
        return talk.greeting


@dataclass
class _Talk:
    """What was heard so far."""

    greeting: Greeting

    def stopped(self, stop: Stop, why: str) -> Greeting:
        return replace(self.greeting, stopped=stop, why=why)

    def along(self, client: smtplib.SMTP, server: Server) -> None:
        """EHLO, STARTTLS, EHLO, QUIT (RFC 5321, 3.1; RFC 3207, 4)."""
        self._hear(client)
        if server.tls is Tls.REQUIRED and client.has_extn("starttls"):
            client.starttls(context=_context(server))
            self._hear(client)
        if isinstance(client.sock, ssl.SSLSocket):
            version, expires = client.sock.version(), _expires(client.sock)
            self.greeting = replace(self.greeting, tls_version=version or "", certificate_expires=expires)
        with contextlib.suppress(smtplib.SMTPException, OSError):
            client.quit()

    def _hear(self, client: smtplib.SMTP) -> None:
        client.ehlo_or_helo_if_needed()
        said = (client.helo_resp or client.ehlo_resp or b"").decode("utf-8", "replace").split()
        offered = frozenset(client.esmtp_features)
        self.greeting = replace(self.greeting, banner=said[0] if said else "", extensions=offered)


def _client(server: Server) -> smtplib.SMTP:
    """Connected. Raises smtplib's errors, OSError, and ValueError."""
    own = socket.gethostname()  # smtplib would ask the DNS for something better, and wait for it
    if server.tls is Tls.IMPLICIT:
        return smtplib.SMTP_SSL(server.host, server.port, own, timeout=server.timeout, context=_context(server))
    return smtplib.SMTP(server.host, server.port, own, timeout=server.timeout)


def _said(error: smtplib.SMTPResponseException) -> str:
    text = error.smtp_error
    return f"{error.smtp_code} {text.decode('utf-8', 'replace') if isinstance(text, bytes) else text}"


def _context(server: Server) -> ssl.SSLContext:
    """Takes old versions too, for these are to be told from no TLS at all."""
    context = ssl.create_default_context(cafile=server.ca_file)
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    if not server.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _expires(line: ssl.SSLSocket) -> datetime | None:
    """When the certificate ends to be valid; None where nobody verified it."""
    until = (line.getpeercert() or {}).get("notAfter")
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(until), UTC) if isinstance(until, str) else None


def _addresses(server: Server) -> Iterator[str]:
    """Of its host, as this machine finds it; none where there is no such host."""
    with contextlib.suppress(OSError, UnicodeError):
        found = socket.getaddrinfo(server.host, server.port, type=socket.SOCK_STREAM)
        yield from dict.fromkeys(str(address[0]).partition("%")[0] for *_, address in found)
