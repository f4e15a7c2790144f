"""The tables of ``digest.toml``: every key, its kind, its default and one sentence about it.

Values and nothing else: ``digest.config.loading`` reads them, ``digest.config.faults`` words what is wrong with them.
Defaults are written as a person would write them, and are validated like anything else.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    SecretStr,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError

from digest.config.values import (
    ArticleAddress,
    CategoryAddress,
    Colour,
    Commas,
    Count,
    Duration,
    File,
    Folder,
    Font,
    Host,
    Line,
    PlainAddress,
    Positive,
    RelativePath,
    Sender,
    TimeOfDay,
    WebAddress,
    Words,
    Zone,
    format_duration,
)
from digest.errors import ConfigError
from digest.look import ACCENT, CORNERS, WIDTHS, Density
from digest.period import Missed, Unit

SECRET_KEY_MINIMUM = 32  # characters; `digest init` writes 64
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAYS: dict[Unit, tuple[str, tuple[str, ...]]] = {
    Unit.DAY: ("", ()),
    Unit.WEEK: ("a weekday", WEEKDAYS),
    Unit.MONTH: ("a day of the month, 1 to 31", tuple(str(day) for day in range(1, 32))),
}
_SENDER = "Example Weekly <weekly@example.org>"
_DIGEST_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*", re.ASCII)

RequiredField = Literal["source", "url", "excerpt", "author", "image", "category", "tags"]


def _digest_name(name: str) -> str:
    if not _DIGEST_NAME.fullmatch(name):
        raise ValueError("not a name for a digest: use lower-case letters, digits, - and _")
    return name


DigestName = Annotated[str, AfterValidator(_digest_name)]


def _written(default: object, *, description: str) -> Any:
    """A field whose default is written as in the file, and read like it."""
    return Field(default, description=description)


class _Table(BaseModel):
    """Frozen, closed, and silent about its values when it raises."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, hide_input_in_errors=True)


class Site(_Table):
    """The site whose articles are sent."""

    title: Line = Field(min_length=1, description="The site's name, as readers know it.", examples=["Example"])
    url: WebAddress = Field("", description="The site's address; root-relative links and images are joined to it.")
    timezone: Zone = Field("UTC", description="IANA zone in which days and weeks begin and digests leave.")
    language: str = Field(
        "en", pattern=r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$", description="Language of dates and fixed words."
    )
    postal_address: str = Field(
        "", description="Where post reaches the sender; stands in every mail, and sending refuses without it."
    )
    article_url: ArticleAddress = Field(
        "", description="An article's own page, such as https://example.org/posts/{slug}; unset: link to its source."
    )
    category_url: CategoryAddress = Field(
        "", description="A category's page, such as https://example.org/categories/{category}, for what did not fit."
    )
    static: tuple[Folder, ...] = Field((), description="Folders with the files that root-relative images name.")


class Source(_Table):
    """A place where articles come from."""

    files: Folder = Field(
        description="Folder with Markdown or HTML files that have front matter.", examples=["content/posts"]
    )
    link: Literal["page", "source"] | None = Field(
        None, description="Where its articles link to; unset: their page if site.article_url is set, else their source."
    )


class Exclude(_Table):
    """What a digest leaves out."""

    category: Words = Field((), description="Categories that are left out.")
    tags: Words = Field((), description="Tags whose articles are left out.")


class Digest(_Table):
    """A series of editions with a cadence and rules."""

    title: Line = Field("", description="The masthead; unset: the site's title and the digest's name.")
    from_: Sender = Field(alias="from", description="Who it comes from.", examples=[_SENDER])
    reply_to: PlainAddress = Field("", description="Where answers go; unset: the From address.")
    cadence: Unit = Field(Unit.WEEK, description="How often it appears.")
    on: str = Field(
        "", description="The day it leaves: a weekday for a week, 1 to 31 for a month.", examples=["monday"]
    )
    at: TimeOfDay = _written("07:00", description="The time it leaves, in the site's zone.")
    cutoff: TimeOfDay = _written("00:00", description="The time of day at which its periods begin and end.")
    require: Annotated[tuple[RequiredField, ...], Commas] = Field((), description="Fields that an article must have.")
    exclude: Exclude = _written({}, description="Categories and tags that are left out.")
    aliases: dict[str, str] = Field({}, description="Categories that mean the same: other = category.")
    order: Words = Field((), description="Categories in the order of their sections; the others follow by size.")
    per_section: Count = Field(5, description="At most so many articles in a section.")
    maximum: Count = Field(40, description="At most so many articles in an edition.")
    minimum: Count = Field(3, description="With fewer articles there is no edition: they wait for the next.")
    uncategorised: Line = Field("Other", min_length=1, description="The section of articles without a category.")
    grace: Duration = _written("7d", description="An article that appears up to this late goes into the next edition.")
    missed: Missed = Field(Missed.SEND, description="What becomes of an edition whose time was missed.")
    latest: Duration = _written("2d", description="How late a missed edition may still leave.")
    images: Literal["link", "embed", "host"] = Field(
        "link", description="Cover images: linked as they are, carried in the mail, or prepared for the site to serve."
    )
    intro: str = Field("", description="A sentence or two that opens every edition.")
    unsubscribe_to: PlainAddress = Field("", description="Mailbox for leaving by mail; unset: the From address.")

    @field_validator("on", mode="before")
    @classmethod
    def _on(cls, value: Any, info: ValidationInfo) -> str:
        """A weekday's name, or a day of the month in digits; "" for a daily digest."""
        if (cadence := info.data.get("cadence")) is None:
            return ""  # the cadence is at fault, and has been named
        what, known = _DAYS[cadence]
        text = str(value).strip().lower()
        if not known and text:
            raise ValueError("a daily digest leaves every day; leave the key out")
        if not text or text in known:
            return text or next(iter(known), "")
        raise ValueError(f"expected {what}, found {value!r}")

    @field_validator("minimum")
    @classmethod
    def _minimum(cls, value: int, info: ValidationInfo) -> int:
        maximum = info.data.get("maximum", value)
        if value > maximum:
            raise ValueError(f"is {value}, more than maximum = {maximum}: there would never be an edition")
        return value

    @field_validator("unsubscribe_to")
    @classmethod
    def _unsubscribe_to(cls, value: str, info: ValidationInfo) -> str:
        return value or (str(info.data["from_"].address) if "from_" in info.data else "")


class Smtp(_Table):
    """The mail server that takes the messages."""

    host: Host = Field("localhost", description="The mail server.")
    port: int = Field(587, ge=1, le=65535, description="Its port: 587 with STARTTLS, 465 with implicit TLS.")
    tls: Literal["required", "implicit", "none"] = Field(
        "required", description="required: no STARTTLS, no mail. implicit: TLS from the first byte. none: in the clear."
    )
    verify: bool = Field(True, description="Whether the server's certificate must be valid.")
    username: Line = Field("", description="Name to log in with; unset: no login.")
    password: SecretStr = _written(
        "", description="Password to log in with; better in password_file or the environment."
    )
    password_file: RelativePath | None = Field(None, description="File that holds the password.")
    ca_file: File | None = Field(None, description="Certificates to trust instead of the system's.")
    connections: Count = Field(10, description="Connections that are kept open at the same time.")
    messages_per_connection: Count = Field(1000, description="Messages before a connection is renewed.")
    per_second: float = Field(0, ge=0, allow_inf_nan=False, description="Messages in a second; 0: no limit.")
    connect_timeout: Positive = _written("30s", description="How long to wait for a connection.")
    command_timeout: Positive = _written("60s", description="How long to wait for the answer to a command.")
    data_timeout: Positive = _written("600s", description="How long to wait for the answer after a message's end.")

    @field_validator("password")
    @classmethod
    def _password(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        host = info.data.get("host", "")
        if value.get_secret_value() and info.data.get("tls") == "none" and host not in LOOPBACK:
            raise ValueError(f'would cross the network to {host} in the clear; set tls = "required" or "implicit"')
        return value


class Delivery(_Table):
    """How deliveries are claimed, tried and given up."""

    uncertain: Literal["hold", "resend"] = Field(
        "hold", description="Messages that were perhaps taken: hold them for a person to settle, or resend them."
    )
    batch: Count = Field(500, description="Deliveries that are claimed at once.")
    lease: Positive = _written("15m", description="How long a claim lasts; longer than any one message can take.")
    first_retry: Positive = _written("1m", description="Wait before the first retry; it grows from there.")
    patience: Duration = _written("2d", description="How long a delivery is retried before it has failed.")
    outage: Duration = _written(
        "15m", description="How long `digest send` waits for a mail server that is out of order."
    )


class Database(_Table):
    """Where subscribers, editions and deliveries are remembered."""

    url: str = Field("sqlite:///digest.db", description="SQLite file, relative to this file: sqlite:///digest.db.")

    @field_validator("url")
    @classmethod
    def _url(cls, value: str, info: ValidationInfo) -> str:
        scheme, separator, name = value.partition("://")
        if not separator or scheme != "sqlite":
            raise ValueError("expected sqlite:///FILE; other databases are not supported yet")  # may hold a password
        if not name.startswith("/") or name in {"/", "/:memory:"}:
            raise ValueError(f"names no file: {value!r}; for example sqlite:///digest.db")
        return f"sqlite:///{(info.context or {}).get('folder', Path()) / name[1:]}"


class Web(_Table):
    """The public pages, and the key that signs the links to them."""

    url: WebAddress = Field(
        "",
        max_length=200,
        description="Where the public pages will be; leave it unset until they are there: mails then offer mailto links alone.",
    )
    secret_key: SecretStr = _written("", description="Key that signs links; better in secret_key_file.")
    secret_key_file: RelativePath = _written(
        "digest.key", description="File with the key that signs links, the newest in the last line."
    )

    @field_validator("secret_key")
    @classmethod
    def _secret_key(cls, value: SecretStr) -> SecretStr:
        if 0 < len(value.get_secret_value()) < SECRET_KEY_MINIMUM:
            raise ValueError(f"needs at least {SECRET_KEY_MINIMUM} characters")
        return value


class Look(_Table):
    """The look of the mails, decision by decision; what these cannot do is done by templates."""

    accent: Colour = Field(
        ACCENT, description="Colour of headings and links, #rrggbb; darkened where it could not be read."
    )
    font: Font = Field("sans", description="Of text: sans, serif, or families such as Inter, Arial, sans-serif.")
    headings: Font = Field("serif", description="Of titles, written likewise.")
    corner: int = Field(6, ge=CORNERS[0], le=CORNERS[-1], description="Roundness of pictures, in pixels.")
    width: int = Field(600, ge=WIDTHS[0], le=WIDTHS[-1], description="Width of the mail on a large screen, in pixels.")
    density: Density = Field(
        Density.CARDS,
        description="cards: with excerpts and covers; compact: without most covers; headlines: titles alone.",
    )
    logo: Line = Field("", description="Picture in place of the site's name: an https address, or a file of the site.")
    reason: Line = Field(
        "", description="Why readers get this, at the foot of each mail; unset: because they signed up."
    )


class Images(_Table):
    """How cover images are looked at and made fit for mail, all of it before an edition is frozen."""

    fetch: bool = Field(
        True, description="Whether images on the web are looked at: for their size, and whether they are there."
    )
    timeout: Positive = _written("10s", description="How long to wait for one of them.")
    allow_private: bool = Field(False, description="Whether they may lie on hosts of a private network.")
    cache: RelativePath | None = Field(None, description="Folder for those that were fetched; unset: the user's cache.")
    folder: RelativePath | None = Field(None, description='Where images = "host" writes them, for the site to serve.')
    url: WebAddress = Field("", description="The address that this folder has on the web, beginning with https://.")


class Templates(_Table):
    """Templates of the site's own."""

    folder: Folder | None = Field(None, description="Your own templates; each replaces the built-in one of its name.")


class Config(_Table):
    """Everything that ``digest.toml`` and the environment say, with every default filled in."""

    site: Site = Field(description="The site whose articles are sent.", examples=[{"title": "Example"}])
    sources: tuple[Source, ...] = Field(
        min_length=1, description="Where articles come from.", examples=[[{"files": "content/posts"}]]
    )
    digests: dict[DigestName, Digest] = Field(
        min_length=1, description="The digests, each under its name.", examples=[{"weekly": {"from": _SENDER}}]
    )
    smtp: Smtp = _written({}, description="The mail server.")
    delivery: Delivery = _written({}, description="How deliveries are claimed, tried and given up.")
    database: Database = _written({}, description="Where everything is remembered.")
    web: Web = _written({}, description="The public pages.")
    look: Look = _written({}, description="The look of the mails.")
    images: Images = _written({}, description="How cover images are made fit for mail.")
    templates: Templates = _written({}, description="Templates of the site's own.")
    _folder: Path = PrivateAttr(default=Path())

    def model_post_init(self, context: Any) -> None:
        self._folder = (context or {}).get("folder", Path())

    @property
    def folder(self) -> Path:
        """The folder that relative paths are meant from."""
        return self._folder

    def secret_keys(self) -> tuple[str, ...]:
        """The keys that sign links, the newest last. Raises ConfigError when there is none to sign with."""
        if key := self.web.secret_key.get_secret_value():
            return (key,)
        path = self.web.secret_key_file
        hint = "run `digest init`, or set web.secret_key_file to the file that holds the key"
        try:
            keys = tuple(path.read_text(encoding="utf-8").split())
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or "not a text file"
            raise ConfigError(f"web.secret_key_file: {path} cannot be read: {why}", hint=hint) from error
        if not keys:
            raise ConfigError(f"web.secret_key_file: {path} is empty", hint=hint)
        if min(map(len, keys)) < SECRET_KEY_MINIMUM:
            raise ConfigError(
                f"web.secret_key_file: a key in {path} has fewer than {SECRET_KEY_MINIMUM} characters", hint=hint
            )
        return keys

    @field_validator("images")
    @classmethod
    def _hosted(cls, value: Images, info: ValidationInfo) -> Images:
        """Who has images prepared for the site says where they go."""
        for name, digest in info.data.get("digests", {}).items():
            if digest.images == "host" and not value.folder:
                raise PydanticCustomError(
                    "rule", 'digests.{name}.images = "host" needs it', {"key": "folder", "name": name}
                )
            if digest.images == "host" and not value.url.startswith("https://"):
                raise PydanticCustomError(
                    "rule",
                    'digests.{name}.images = "host" needs it, beginning with https://',
                    {"key": "url", "name": name},
                )
        return value

    @field_validator("digests")
    @classmethod
    def _titles(cls, value: dict[str, Digest], info: ValidationInfo) -> dict[str, Digest]:
        site = info.data["site"].title if "site" in info.data else ""
        return {name: _titled(site, name, digest) for name, digest in value.items()}

    @field_validator("delivery")
    @classmethod
    def _lease(cls, value: Delivery, info: ValidationInfo) -> Delivery:
        """A claim outlives the longest dialogue, or a second sender would take over a message that is on its way."""
        if (smtp := info.data.get("smtp")) is None:
            return value
        longest = smtp.connect_timeout + 4 * smtp.command_timeout + smtp.data_timeout
        if value.lease <= longest:
            raise PydanticCustomError(
                "rule",
                "{lease} must be longer than smtp.connect_timeout + 4 x smtp.command_timeout + smtp.data_timeout = {sum}",
                {"key": "lease", "lease": format_duration(value.lease), "sum": format_duration(longest)},
            )
        return value


def _titled(site: str, name: str, digest: Digest) -> Digest:
    """The digest with a title, made of the site's and its own name where nobody set one."""
    if digest.title:
        return digest
    titled = digest.model_copy(update={"title": f"{site} {re.sub('[-_]+', ' ', name).title()}".strip()})
    titled.model_fields_set.discard("title")
    return titled
