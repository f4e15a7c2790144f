"""The tables of ``digest.toml`` about delivery: mail servers, limits, signatures, what comes back by mail."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    Field,
    PlainSerializer,
    PlainValidator,
    SecretStr,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)

from digest.config.base import Table, setting
from digest.config.notation import written
from digest.config.values import Count, Duration, File, Host, Line, PlainAddress, Positive, PostBox, RelativePath, Words

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
PROCESSES_MAXIMUM = 64
Limit = Annotated[int, Field(ge=0)]


def _processes(value: Any) -> int:
    """A number of processes; 0 stands for ``auto``."""
    if value == "auto":
        return 0
    number = int(value) if isinstance(value, str) and value.isdecimal() else value
    if type(number) is not int or not 1 <= number <= PROCESSES_MAXIMUM:
        raise ValueError(f'expected a number from 1 to {PROCESSES_MAXIMUM}, or "auto", found {written(value)}')
    return number


Processes = Annotated[
    int,
    PlainValidator(_processes),
    PlainSerializer(lambda value: value or "auto", return_type=int | str),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 1, "maximum": PROCESSES_MAXIMUM}, {"const": "auto"}]}),
]


class Smtp(Table):
    """A mail server that takes the messages."""

    host: Host = Field("localhost", description="The mail server.")
    port: int = Field(587, ge=1, le=65535, description="Its port: 587 with STARTTLS, 465 with implicit TLS.")
    name: Line = Field("", description="What it is called in reports and in the record; unset: host:port.")
    tls: Literal["required", "implicit", "none"] = Field(
        "required", description="required: no STARTTLS, no mail. implicit: TLS from the first byte. none: in the clear."
    )
    verify: bool = Field(True, description="Whether the server's certificate must be valid.")
    username: Line = Field("", description="Name to log in with; unset: no login.")
    password: SecretStr = setting(
        "", description="Password to log in with; better in password_file or the environment."
    )
    password_file: RelativePath | None = Field(None, description="File that holds the password.")
    ca_file: File | None = Field(None, description="Certificates to trust instead of the system's.")
    weight: float = Field(
        0, ge=0, allow_inf_nan=False, description="Its share beside other servers; 0: whatever it can take."
    )
    connections: Count = Field(10, description="Connections that are kept open at the same time.")
    messages_per_connection: Count = Field(1000, description="Messages before a connection is renewed.")
    per_second: float = Field(0, ge=0, allow_inf_nan=False, description="Messages in a second; 0: no limit.")
    per_minute: Limit = Field(0, description="Messages in a minute; 0: no limit.")
    per_hour: Limit = Field(0, description="Messages in an hour; 0: no limit.")
    per_day: Limit = Field(0, description="Messages in 24 hours; 0: no limit.")
    warm_up: Limit = Field(
        0, description="Messages on the first day of a new server, growing from day to day; 0: no warm-up."
    )
    warm_up_factor: float = Field(
        1.5, gt=1, le=10, allow_inf_nan=False, description="What each day of the warm-up is to the day before."
    )
    connect_timeout: Positive = setting("30s", description="How long to wait for a connection.")
    command_timeout: Positive = setting("60s", description="How long to wait for the answer to a command.")
    data_timeout: Positive = setting("600s", description="How long to wait for the answer after a message's end.")

    @field_validator("password")
    @classmethod
    def _password(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        host = info.data.get("host", "")
        if value.get_secret_value() and info.data.get("tls") == "none" and host not in LOOPBACK:
            raise ValueError(f'would cross the network to {host} in the clear; set tls = "required" or "implicit"')
        return value

    @property
    def called(self) -> str:
        """Its name, or where it is."""
        return self.name or f"{self.host}:{self.port}"


class Domain(Table):
    """Limits for the mailboxes of one domain."""

    connections: Limit = Field(0, description="Messages that are in hand for it at the same time; 0: no limit.")
    per_second: float = Field(0, ge=0, allow_inf_nan=False, description="Messages in a second; 0: no limit.")
    per_hour: Limit = Field(0, description="Messages in an hour; 0: no limit.")


class Delivery(Table):
    """How deliveries are claimed, tried and given up."""

    uncertain: Literal["hold", "resend"] = Field(
        "hold", description="Messages that were perhaps taken: hold them for a person to settle, or resend them."
    )
    window: Count = Field(
        2,
        le=64,
        description="Messages of one connection that may be under way: so many a kill makes uncertain at most.",
    )
    processes: Processes = Field(1, description="Processes that send side by side; auto: one for each core.")
    batch: Count = Field(500, description="Deliveries that are claimed at once.")
    lease: Positive = setting("30m", description="How long a claim lasts; longer than any one message can take.")
    first_retry: Positive = setting("1m", description="Wait before the first retry; it grows from there.")
    patience: Duration = setting("2d", description="How long a delivery is retried before it has failed.")
    outage: Duration = setting(
        "15m", description="How long `digest send` waits for mail servers that are out of order."
    )
    operator: PlainAddress = Field(
        "", description="Who is told by mail when `digest run` cannot send for that long; unset: nobody."
    )
    domains: dict[str, Domain] = Field({}, description="Limits for the mailboxes of some domains.")

    @field_validator("domains")
    @classmethod
    def _domains(cls, value: dict[str, Domain]) -> dict[str, Domain]:
        return {name.lower(): limits for name, limits in value.items()}


class Dkim(Table):
    """A key that signs every message (RFC 6376, RFC 8463)."""

    domain: Host = Field(description="The signing domain.", examples=["example.org"])
    selector: Host = Field(description="The name of the key in the domain's DNS.", examples=["digest1"])
    key_file: File = Field(
        description="File with the private key in PEM; `digest dkim keygen` writes one.", examples=["dkim.pem"]
    )


class Bounces(Table):
    """Mail that comes back: bounces, complaints, people who leave by mail."""

    address: PlainAddress = Field(
        "",
        description="Where bounces go: bounces@example.org gets them as bounces+…@; unset: the From address, untagged.",
    )
    mailbox: PostBox = Field(
        "", description="What is read: imaps://user@host/INBOX, pop3s://user@host, maildir:PATH or mbox:PATH."
    )
    password: SecretStr = setting("", description="Password of the mailbox; better in password_file.")
    password_file: RelativePath | None = Field(None, description="File that holds the password.")
    soft_limit: Count = Field(
        4, description="Soft bounces, of different editions, that suppress; one message that arrives forgets them."
    )
    soft_window: Positive = setting(
        "42d",
        description="How long a soft bounce counts; never less than soft_limit editions of the rarest digest take.",
    )


class Webhooks(Table):
    """Providers that report bounces and complaints over HTTP; each is taken only with its signature."""

    ses_topic: Words = Field((), description="ARNs of the SNS topics that Amazon SES reports to.")
    postmark_password: SecretStr = setting("", description="Password in the address that Postmark calls.")
    postmark_password_file: RelativePath | None = Field(None, description="File that holds it.")
    mailgun_key: SecretStr = setting("", description="Mailgun's HTTP webhook signing key.")
    mailgun_key_file: RelativePath | None = Field(None, description="File that holds it.")
    sendgrid_key: Line = Field("", description="SendGrid's public verification key for signed event webhooks.")


class Dns(Table):
    """Who is asked about DNS by `digest check --deliverability`."""

    servers: Words = Field(
        (), description="Addresses of resolvers, as 192.0.2.1 or 192.0.2.1:5353; unset: the system's."
    )
    timeout: Positive = setting("5s", description="How long to wait for an answer.")


def _several(value: Any) -> Any:
    """One table is a list of one."""
    if not isinstance(value, dict | list | tuple):
        raise ValueError("expected a table, or one [[smtp]] for each server")  # noqa: TRY004 - pydantic wants a ValueError
    return (value,) if isinstance(value, dict) else value


Servers = Annotated[tuple[Smtp, ...], BeforeValidator(_several), Field(min_length=1)]
