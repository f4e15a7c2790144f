"""Every error that digest raises on purpose.

    DigestError                  message, hint, exit code
    ├── ConfigError              all faults of the configuration at once           78
    ├── UsageError               the words of a command are off                     2
    ├── SourceError              collected as a Problem while publishing            1
    │   └── ArticleError         path, line
    ├── FetchError               an address on the web that gave nothing            1
    │   ├── UnknownHostError     its host does not exist, as far as can be told
    │   └── PrivateHostError     its host is one of our own network, and nobody has allowed those
    ├── EditingError             all faults of an edition's file at once            1
    ├── RenderError              template, line                                     1
    ├── StoreError               the database: only what an operator can mend       1 (75 when busy)
    ├── LinkError                a signed link that is not ours                     1
    ├── SignatureError           a report that does not prove who sent it           1
    ├── AddressError             also a ValueError: not an address we will mail     1
    ├── TryLaterError                   right, but not at this moment                     75
    └── TransportError           no answer to judge: connection, TLS, login        75

A refusal by the mail server is no exception: it is a ``Reply``, because 4yz and 5yz are ordinary business.
Exit codes follow ``sysexits.h``: 75 is EX_TEMPFAIL, 78 is EX_CONFIG.
"""

from __future__ import annotations

from collections.abc import Sequence


class DigestError(Exception):
    """An error with one clear line (``message``) and, where there is one, what to do about it (``hint``)."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class ConfigError(DigestError):
    """The configuration file cannot be used; ``faults`` holds one line for each fault, with its key."""

    exit_code = 78

    def __init__(self, message: str, *, faults: tuple[str, ...] = (), hint: str = "") -> None:
        super().__init__("\n".join((message, *(f"  {fault}" for fault in faults))), hint=hint)
        self.faults = faults


class UsageError(DigestError):
    """A command was given words that it cannot follow."""

    exit_code = 2


class SourceError(DigestError):
    """A source of articles that cannot be read."""


class ArticleError(SourceError):
    """One article file that cannot be read: ``path`` and ``line`` (1 is the first; 0 when the whole file is meant).

    ``fault`` is the kind of it, a value of ``digest.model.Fault``.
    """

    def __init__(self, path: str, what: str, *, line: int = 0, hint: str = "", fault: str = "front matter") -> None:
        where = f"{path}:{line}" if line else path
        super().__init__(f"{where}: {what}", hint=hint)
        self.path = path
        self.line = line
        self.what = what
        self.fault = fault


class FeedError(SourceError):
    """A feed that cannot be read; ``url`` names it."""

    def __init__(self, url: str, what: str, *, hint: str = "") -> None:
        super().__init__(f"{url}: {what}", hint=hint)
        self.url = url
        self.what = what


class FetchError(DigestError):
    """An address on the web gave nothing that may be taken; ``dead`` says that it is its own fault, and will stay so.

    Else the fault may pass: no answer, a broken line, a certificate.
    """

    def __init__(self, url: str, what: str, *, dead: bool = False) -> None:
        super().__init__(f"{url}: {what}")
        self.url = url
        self.what = what
        self.dead = dead


class UnknownHostError(FetchError):
    """There is no such host, says the name service; on a machine without a way out it says so of every host."""

    def __init__(self, url: str, host: str) -> None:
        super().__init__(url, f"there is no host {host}", dead=True)


class PrivateHostError(FetchError):
    """A host of this machine or of its network, which may not be asked."""

    def __init__(self, url: str, host: str, address: str) -> None:
        super().__init__(url, f"{host} is a private address ({address})", dead=True)


class TableError(DigestError):
    """A table of subscribers that cannot be read as a whole; a single row at fault is reported, never raised."""

    def __init__(self, table: str, what: str, *, line: int = 0, hint: str = "") -> None:
        super().__init__(f"{table}:{line}: {what}" if line else f"{table}: {what}", hint=hint)
        self.line = line


class EditingError(DigestError):
    """An edition's file that cannot be followed; ``faults`` holds one line for each fault, with its line."""

    def __init__(self, file: str, faults: Sequence[str], *, hint: str = "") -> None:
        super().__init__("\n".join((f"{file} cannot be followed:", *(f"  {fault}" for fault in faults))), hint=hint)
        self.faults = tuple(faults)


class RenderError(DigestError):
    """A template that cannot be rendered, or a mail that may not be sent; names the template and line if one is at fault."""


class StoreError(DigestError):
    """The database cannot do what was asked; the driver's error is the cause. One that is ``busy`` may do it later; one
    that is ``away`` too, and has not been waited for yet.
    """

    def __init__(self, message: str, *, hint: str = "", busy: bool = False, away: bool = False) -> None:
        super().__init__(message, hint=hint)
        self.busy = busy
        self.away = away
        if busy:
            self.exit_code = 75


class LinkError(DigestError):
    """A signed link that was changed, cut, or made for another purpose."""


class SignatureError(DigestError):
    """A report over HTTP whose signature is missing, wrong or stale, or that is about somebody else."""


class AddressError(DigestError, ValueError):
    """Not an address that mail may be sent to."""


class TryLaterError(DigestError):
    """What was asked is right, but something has to happen first; trying again later will do."""

    exit_code = 75


class TransportError(DigestError):
    """The channel to the mail server failed before a message was handed over: nobody's attempt."""

    exit_code = 75
