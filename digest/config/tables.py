"""The tables of ``digest.toml``: every key, its kind, its default and one sentence about it.

Values and nothing else: ``digest.config.loading`` reads them, ``digest.config.faults`` words what is wrong with them.
Defaults are written as a person would write them, and are validated like anything else.
"""

from __future__ import annotations

import re
from datetime import time
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, PrivateAttr, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from digest.compose import Rank
from digest.config import derived
from digest.config.base import Table, setting
from digest.config.delivering import Bounces, Delivery, Dkim, Dns, Servers, Smtp, Webhooks
from digest.config.gathering import Exclude, Feeds, Source, Weights
from digest.config.remembering import Database, Worker
from digest.config.values import (
    ArticleAddress,
    CategoryAddress,
    Colour,
    Commas,
    Count,
    Duration,
    Folder,
    Font,
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
from digest.config.web import SECRET_KEY_MINIMUM, Web
from digest.errors import ConfigError
from digest.identity import keyless
from digest.look import ACCENT, CORNERS, WIDTHS, Density
from digest.period import Missed, Unit

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


class Site(Table):
    """The site whose articles are sent."""

    title: Line = Field(min_length=1, description="The site's name, as readers know it.", examples=["Example"])
    url: WebAddress = Field("", description="The site's address; root-relative links and images are joined to it.")
    timezone: Zone = Field("UTC", description="IANA zone in which days and weeks begin and digests leave.")
    language: str = Field(
        "en", pattern=r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$", description="Language of dates and fixed words."
    )
    languages: Words = Field(
        (), description="Further languages that readers may choose for pages, and for the fixed words of mails."
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
    editions: RelativePath = setting("editions", description="Folder of the files that `digest edit` writes.")


class Digest(Table):
    """A series of editions with a cadence and rules."""

    title: Line = Field("", description="The masthead; unset: the site's title and the digest's name.")
    from_: Sender = Field(alias="from", description="Who it comes from.", examples=[_SENDER])
    reply_to: PlainAddress = Field("", description="Where answers go; unset: the From address.")
    cadence: Unit = Field(Unit.WEEK, description="How often it appears.")
    on: str = Field(
        "", description="The day it leaves: a weekday for a week, 1 to 31 for a month.", examples=["monday"]
    )
    at: TimeOfDay = setting("07:00", description="The time it leaves.")
    zone: Literal["site", "subscriber"] = Field(
        "site", description="By whose clock it leaves: at that time in the site's zone, or in each subscriber's own."
    )
    between: Annotated[tuple[TimeOfDay, ...], Commas] = Field(
        (), description='Times of day over which the load is spread, such as ["07:00", "10:00"]; the first is at.'
    )
    cutoff: TimeOfDay = setting("00:00", description="The time of day at which its periods begin and end.")
    require: Annotated[tuple[RequiredField, ...], Commas] = Field((), description="Fields that an article must have.")
    exclude: Exclude = setting({}, description="Categories and tags that are left out.")
    aliases: dict[str, str] = Field({}, description="Categories that mean the same: other = category.")
    order: Words = Field((), description="Categories in the order of their sections; the others follow by size.")
    per_section: Count = Field(5, description="At most so many articles in a section.")
    maximum: Count = Field(40, description="At most so many articles in an edition.")
    minimum: Count = Field(3, description="With fewer articles there is no edition: they wait for the next.")
    uncategorised: Line = Field("Other", min_length=1, description="The section of articles without a category.")
    grace: Duration = setting(
        "7d", description="An article that appears up to this late goes into the next edition; unset, a month has 31d."
    )
    missed: Missed = Field(Missed.SEND, description="What becomes of an edition whose time was missed.")
    latest: Duration = setting("2d", description="How late a missed edition may still leave.")
    images: Literal["link", "embed", "host"] = Field(
        "link", description="Cover images: linked as they are, carried in the mail, or prepared for the site to serve."
    )
    intro: str = Field("", description="A sentence or two that opens every edition.")
    languages: Words = Field(
        (), description="Languages of the articles it takes; unset: the site's, if that is written; []: all."
    )
    alike: int = Field(
        90,
        ge=50,
        le=100,
        description="From which likeness on, in percent, two articles are one story; 100: equal titles.",
    )
    rank: Rank = Field(Rank.NEWEST, description="What comes first in a section: newest, weight or score.")
    weights: Weights = setting({}, description='What counts how much where rank = "score".')
    variety: int = Field(
        3,
        ge=0,
        description="At most so many of one source in a section, and a third of an edition, while there are others; 0: no matter.",
    )
    smallest: Count = Field(
        1, description="Sections with fewer articles are put together in the one of `uncategorised`."
    )
    lead: bool = Field(False, description="Whether the best article of all opens the mail, with its section.")
    approve: bool = Field(False, description="Whether an edition waits until its file says `approved: true`.")
    editor: PlainAddress = Field("", description="Who is reminded by mail of an edition that waits for approval.")
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

    @field_validator("between")
    @classmethod
    def _between(cls, value: tuple[time, ...], info: ValidationInfo) -> tuple[time, ...]:
        if value and (len(value) != 2 or value[0] == value[1]):  # noqa: PLR2004 - from and until
            raise ValueError('expected two times of day, such as ["07:00", "10:00"]')
        if value and value[0] != info.data.get("at", value[0]):
            raise ValueError(f"begins at {value[0]:%H:%M}, but at = {info.data['at']:%H:%M}; let them be the same")
        return value

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


class Look(Table):
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


class Images(Table):
    """How cover images are looked at and made fit for mail, all of it before an edition is frozen."""

    fetch: bool = Field(
        True, description="Whether images on the web are looked at: for their size, and whether they are there."
    )
    timeout: Positive = setting("10s", description="How long to wait for one of them.")
    allow_private: bool = Field(False, description="Whether they may lie on hosts of a private network.")
    cache: RelativePath | None = Field(None, description="Folder for those that were fetched; unset: the user's cache.")
    folder: RelativePath | None = Field(None, description='Where images = "host" writes them, for the site to serve.')
    url: WebAddress = Field("", description="The address that this folder has on the web, beginning with https://.")


class Templates(Table):
    """Templates of the site's own."""

    folder: Folder | None = Field(None, description="Your own templates; each replaces the built-in one of its name.")


class Config(Table):
    """Everything that ``digest.toml`` and the environment say, with every default filled in."""

    site: Site = Field(description="The site whose articles are sent.", examples=[{"title": "Example"}])
    sources: tuple[Source, ...] = Field(
        min_length=1, description="Where articles come from.", examples=[[{"files": "content/posts"}]]
    )
    feeds: Feeds = setting({}, description="How feeds are fetched.")
    digests: dict[DigestName, Digest] = Field(
        min_length=1, description="The digests, each under its name.", examples=[{"weekly": {"from": _SENDER}}]
    )
    smtp: Servers = setting([{}], description="The mail server, or several: one [smtp], or [[smtp]] for each.")
    delivery: Delivery = setting({}, description="How deliveries are claimed, tried and given up.")
    dkim: tuple[Dkim, ...] = Field((), description="Keys that sign every message, one [[dkim]] for each.")
    bounces: Bounces = setting({}, description="Mail that comes back.")
    webhooks: Webhooks = setting({}, description="Providers that report over HTTP.")
    dns: Dns = setting({}, description="Who is asked about DNS.")
    database: Database = setting({}, description="Where everything is remembered.")
    worker: Worker = setting({}, description="The part of one of many senders.")
    web: Web = setting({}, description="The public pages.")
    look: Look = setting({}, description="The look of the mails.")
    images: Images = setting({}, description="How cover images are made fit for mail.")
    templates: Templates = setting({}, description="Templates of the site's own.")
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

    @field_validator("smtp")
    @classmethod
    def _called(cls, value: tuple[Smtp, ...]) -> tuple[Smtp, ...]:
        """Limits are kept, and the record is read, by the servers' names."""
        names = [server.called for server in value]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two servers are called {name}; give them different names")
        return value

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

    @field_validator("sources")
    @classmethod
    def _once(cls, value: tuple[Source, ...]) -> tuple[Source, ...]:
        """What comes twice would be there twice."""
        first: dict[str, int] = {}
        for number, source in enumerate(value, start=1):
            if first.setdefault(source.place, number) < number:
                twins = f"the sources {first[source.place]} and {number} are one"
                raise ValueError(f"{twins}, {keyless(source.feed) or source.files}; take one of them out")
        return value

    @field_validator("digests")
    @classmethod
    def _graces(cls, value: dict[str, Digest]) -> dict[str, Digest]:
        return {name: derived.patient(digest) for name, digest in value.items()}

    @field_validator("digests")
    @classmethod
    def _remembered(cls, value: dict[str, Digest], info: ValidationInfo) -> dict[str, Digest]:
        """An edition is made of what is remembered of feeds, however late it leaves and whatever it takes from before."""
        if "feeds" not in info.data or not any(source.feed for source in info.data.get("sources", ())):
            return value
        keep = info.data["feeds"].keep
        for name, digest in value.items():
            if keep < (needed := derived.LONGEST[digest.cadence] + digest.grace + digest.latest):
                what = "with a {unit} and latest it is {needed}, longer than feeds.keep ({keep}), after which entries of feeds are forgotten"
                said = {"key": f"{name}.grace", "unit": digest.cadence.value}
                spans = {"needed": format_duration(needed), "keep": format_duration(keep)}
                raise PydanticCustomError("rule", what, said | spans)
        return value

    @field_validator("digests")
    @classmethod
    def _titles(cls, value: dict[str, Digest], info: ValidationInfo) -> dict[str, Digest]:
        site = info.data["site"].title if "site" in info.data else ""
        return {name: derived.titled(site, name, digest) for name, digest in value.items()}

    @field_validator("digests")
    @classmethod
    def _languages(cls, value: dict[str, Digest], info: ValidationInfo) -> dict[str, Digest]:
        """A language that nobody has written says nothing about the articles."""
        site = info.data.get("site")
        own = (site.language,) if site and "language" in site.model_fields_set else ()
        return {name: derived.speaking(own, digest) for name, digest in value.items()}

    @field_validator("delivery")
    @classmethod
    def _lease(cls, value: Delivery, info: ValidationInfo) -> Delivery:
        """A claim outlives the longest dialogue, and the one before it on the connection: or a second sender would take over
        a message that is on its way.
        """
        if (smtp := info.data.get("smtp")) is None:
            return value
        longest = max(server.connect_timeout + 4 * server.command_timeout + 2 * server.data_timeout for server in smtp)
        if value.lease <= longest:
            raise PydanticCustomError(
                "rule",
                "{lease} must be longer than {sum}: smtp.connect_timeout + 4 x smtp.command_timeout + 2 x smtp.data_timeout",
                {
                    "key": "lease",
                    "lease": format_duration(value.lease),
                    "sum": format_duration(longest),
                },
            )
        return value
