"""The tables of ``digest.toml`` about where articles come from, and what a digest takes of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from digest.compose import MEMORY
from digest.config.base import Table, setting
from digest.config.expressions import expression
from digest.config.values import (
    ArticleAddress,
    Count,
    Duration,
    ExactAddress,
    Folder,
    Line,
    Positive,
    Words,
    format_duration,
)
from digest.identity import canonical_url, keyless

FieldName = Literal[
    "title",
    "date",
    "updated",
    "expiry",
    "excerpt",
    "cover",
    "author",
    "category",
    "tags",
    "source",
    "slug",
    "language",
    "weight",
    "draft",
    "hidden",
    "pinned",
    "permalink",
    "minutes",
]
WEIGHT_MAXIMUM = 100.0


def _without_user(address: str) -> str:
    if "@" in urlsplit(address).netloc:
        raise ValueError("holds a user name, which is never sent: a feed behind a password cannot be read; take it out")
    return address


FeedAddress = Annotated[ExactAddress, AfterValidator(_without_user)]
Expression = Annotated[str, AfterValidator(expression)]
Weighting = dict[str, Annotated[float, Field(ge=0, le=WEIGHT_MAXIMUM)]]


def _long_enough(keep: timedelta) -> timedelta:
    if keep < MEMORY:
        least = format_duration(MEMORY)
        raise ValueError(f"expected {least} at least, for so long a story that was told is not told again")
    return keep


Memory = Annotated[Duration, AfterValidator(_long_enough)]


class Source(Table):
    """A place where articles come from: a folder of files, or a feed."""

    files: Folder | None = Field(
        None, description="Folder with Markdown or HTML files that have front matter.", examples=["content/posts"]
    )
    feed: FeedAddress = Field("", description="Address of a feed: RSS, Atom, RDF or JSON Feed.")
    name: Line = Field("", description="What it is called; unset: its folder, or its address.")
    category: Line = Field("", description="The category of all its articles; unset: what each one says.")
    language: Line = Field("", description="Language of articles that do not say theirs, such as en.")
    link: Literal["page", "source"] | None = Field(
        None, description="Where its articles link to; unset: their page if there is an article_url, else their source."
    )
    article_url: ArticleAddress = Field(
        "", description="Its articles' own page, where it is another one than that of site.article_url."
    )
    fields: dict[FieldName, Words] = Field(
        {}, description="Names that this folder's front matter has for a field, before the usual ones."
    )

    @property
    def called(self) -> str:
        return self.name or keyless(self.feed) or str(self.files)

    @property
    def place(self) -> str:
        """The same for two sources that are one: the address of a feed, with http or https, or a folder."""
        return canonical_url(self.feed) or self.feed or str(self.files and self.files.resolve())

    @model_validator(mode="after")
    def _one_of_both(self) -> Source:
        if bool(self.feed) == bool(self.files):
            what = "names a folder and a feed; write two [[sources]]" if self.feed else "names neither files nor a feed"
            raise PydanticCustomError("rule", "{what}", {"key": "files", "what": what})
        for key in ("fields", "link", "article_url"):
            if self.feed and getattr(self, key):
                what = "is for a folder of files, and does nothing for a feed; take it out"
                raise PydanticCustomError("rule", "{what}", {"key": key, "what": what})
        return self


class Feeds(Table):
    """How feeds are fetched."""

    every: Positive = setting("1h", description="How often `digest run` asks each feed for what is new.")
    timeout: Positive = setting("20s", description="How long one feed may take.")
    maximum: Count = Field(10_000_000, description="Bytes that a feed may have, unpacked.")
    connections: Count = Field(8, description="Feeds that are fetched at the same time, one of a host.")
    allow_private: bool = Field(False, description="Whether feeds may lie on hosts of a private network.")
    keep: Memory = setting("1000d", description="How long an entry is remembered that its feed no longer has.")
    dead: Positive = setting("14d", description="After so long without an answer, a feed is reported as dead.")


class Exclude(Table):
    """What a digest leaves out."""

    category: Words = Field((), description="Categories that are left out.")
    tags: Words = Field((), description="Tags whose articles are left out.")
    title: Expression = Field("", description="Regular expression; articles are left out in whose title it is found.")
    source: Words = Field((), description="Sources that are left out: hosts, or names of [[sources]].")


class Weights(Table):
    """What counts how much where `rank = "score"`."""

    recency: Annotated[float, Field(ge=0, le=WEIGHT_MAXIMUM)] = Field(1.0, description="Being new.")
    image: Annotated[float, Field(ge=0, le=WEIGHT_MAXIMUM)] = Field(0.5, description="Having a cover.")
    source: Weighting = Field({}, description="Sources, by host or name: 2 counts twice as much as the others.")
    category: Weighting = Field({}, description="Categories likewise.")
