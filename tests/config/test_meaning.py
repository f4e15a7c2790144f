"""That every key of a digest, of a source and of the feeds comes to whom it is meant for."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from digest.compose import Rank, Rules, Weights
from digest.config import meaning
from digest.model import Sender
from digest.period import Cadence, Clock, Missed, Unit
from digest.publishing import Digest
from digest.sources.feeds.source import Feed
from digest.sources.files import Folder
from digest.sources.indexed import Indexed
from digest.sources.ports import Feeds, Index
from digest.sources.reading import LinkTo
from tests.config.conftest import Load

NOTHING = object()  # for what is passed on and never asked
ZONE = ZoneInfo("Europe/Berlin")
FEED = "https://wire.example.org/feed.xml"

TEXT = f"""
[site]
title = "Quay News"
url = "https://quay.example.org"
timezone = "Europe/Berlin"
article_url = "https://quay.example.org/{{slug}}"
category_url = "https://quay.example.org/c/{{category}}"
static = ["more"]

[[sources]]
files = "posts"
name = "The Quay"
category = "City"
language = "de"
link = "source"
article_url = "https://quay.example.org/city/{{slug}}"
fields = {{ title = ["headline"], cover = ["photo", "hero"] }}

[[sources]]
feed = "{FEED}"
name = "The Wire"
category = "World"
language = "fr"

[feeds]
every = "2h"
timeout = "7s"
maximum = 1234
connections = 3
allow_private = true
keep = "900d"
dead = "5d"

[digests.monthly]
title = "The Month"
from = "Quay News <monthly@quay.example.org>"
reply_to = "desk@quay.example.org"
cadence = "month"
on = 5
at = "08:30"
zone = "subscriber"
between = ["08:30", "11:00"]
cutoff = "04:00"
require = ["image", "author"]
exclude = {{ category = ["Ads"], tags = ["ad"], title = "^Sponsored", source = ["spam.example.org"] }}
aliases = {{ Boats = "City" }}
order = ["City", "World"]
per_section = 6
maximum = 17
minimum = 4
uncategorised = "Everything else"
grace = "3d"
missed = "skip"
latest = "1d"
images = "embed"
intro = "Good morning."
languages = ["de", "fr"]
alike = 77
rank = "score"
weights = {{ recency = 2, image = 0.25, source = {{ "wire.example.org" = 3 }}, category = {{ City = 4 }} }}
variety = 2
smallest = 3
lead = true
approve = true
editor = "editor@quay.example.org"
unsubscribe_to = "leave@quay.example.org"
"""


PLAIN = """
[site]
title = "Quay News"
[[sources]]
files = "posts"
[[sources]]
feed = "https://plain.example.org/feed.xml"
[digests.monthly]
from = "Plain News <plain@quay.example.org>"
"""


def now() -> datetime:
    return datetime(2025, 12, 8, tzinfo=UTC)


def differ(table: BaseModel, plain: BaseModel, *left: str) -> bool:
    """Whether every key of a table, and of those in it, but for those that are ``left`` says something else than plainly."""
    for name in type(table).model_fields.keys() - left:
        value, usual = getattr(table, name), getattr(plain, name)
        assert name in table.model_fields_set, name
        assert value != usual, name
        assert not isinstance(value, BaseModel) or differ(value, usual), name
    return True


def test_every_key_of_a_digest_is_heeded(loaded: Load) -> None:
    config, plain = loaded(TEXT), loaded(PLAIN)
    assert differ(config.digests["monthly"], plain.digests["monthly"])
    assert meaning.digest("monthly", config) == Digest(
        name="monthly",
        title="The Month",
        cadence=Cadence(Unit.MONTH, 5, time(8, 30), time(4), ZONE, Clock.SUBSCRIBER, time(11)),
        rules=Rules(
            require=("image", "author"),
            exclude_categories=frozenset({"Ads"}),
            exclude_tags=frozenset({"ad"}),
            exclude_title="^Sponsored",
            exclude_sources=frozenset({"spam.example.org"}),
            aliases={"Boats": "City"},
            order=("City", "World"),
            per_section=6,
            maximum=17,
            minimum=4,
            category_url="https://quay.example.org/c/{category}",
            uncategorised="Everything else",
            zone=ZONE,
            languages=("de", "fr"),
            alike=77,
            rank=Rank.SCORE,
            weights=Weights(2, 0.25, {"wire.example.org": 3}, {"City": 4}),
            variety=2,
            smallest=3,
            lead=True,
        ),
        sender=Sender(
            name="Quay News",
            address="monthly@quay.example.org",
            list_id="monthly.quay.example.org",
            unsubscribe_to="leave@quay.example.org",
            reply_to="desk@quay.example.org",
        ),
        grace=timedelta(days=3),
        intro="Good morning.",
        missed=Missed.SKIP,
        latest=timedelta(days=1),
        approve=True,
        editor="editor@quay.example.org",
    )


def test_every_key_of_a_source_is_heeded(loaded: Load, folder: Path) -> None:
    config, plain = loaded(TEXT), loaded(PLAIN)
    files, feed = config.sources
    assert differ(files, plain.sources[0], "feed", "files")
    assert differ(feed, plain.sources[1], "files", "link", "article_url", "fields")
    index, feeds = cast("Index", NOTHING), cast("Feeds", NOTHING)
    assert meaning.sources(config, index, lambda: feeds, now) == (
        Indexed(
            Folder(
                root=folder / "posts",
                zone=ZONE,
                site_url="https://quay.example.org",
                article_url="https://quay.example.org/city/{slug}",
                static=(folder / "more",),
                prefer=LinkTo.SOURCE,
                base=folder,
                name="The Quay",
                category="City",
                language="de",
                names={"title": ("headline",), "cover": ("photo", "hero")},
            ),
            index,
            now,
        ),
        Feed(FEED, feeds, "The Wire", "World", "fr"),
    )


def test_a_folder_without_pages_of_its_own_has_those_of_the_site(loaded: Load) -> None:
    index, feeds = cast("Index", NOTHING), cast("Feeds", NOTHING)
    text = re.sub(r"article_url = .*/city/.*\n", "", TEXT)
    source, *_ = meaning.sources(loaded(text), index, lambda: feeds, now)
    assert isinstance(source, Indexed)
    assert source.folder.article_url == "https://quay.example.org/{slug}"


def test_folders_know_the_language_of_the_site_if_somebody_wrote_it(loaded: Load) -> None:
    index, feeds = cast("Index", NOTHING), cast("Feeds", NOTHING)

    def spoken(text: str) -> str:
        source, *_ = meaning.sources(loaded(text), index, lambda: feeds, now)
        assert isinstance(source, Indexed)
        return source.folder.spoken

    assert spoken(PLAIN) == ""
    assert spoken(PLAIN.replace("[site]", '[site]\nlanguage = "de-AT"')) == "de-AT"


def test_every_key_of_the_feeds_is_heeded(loaded: Load) -> None:
    config = loaded(TEXT)
    assert differ(config.feeds, loaded(PLAIN).feeds)
    poller = meaning.poller(config, cast("Feeds", NOTHING), now)
    assert (poller.every, poller.connections, poller.dead) == (timedelta(hours=2), 3, timedelta(days=5))
    assert poller.names == {FEED: "The Wire"}
    limits = poller.fetcher._limits
    assert (limits.timeout, limits.maximum, limits.allow_private, limits.allow_http) == (7.0, 1234, True, True)
