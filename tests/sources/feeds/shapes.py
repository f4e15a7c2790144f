"""Feeds of our own making, in the shapes that programs give them."""

from digest.model import Entry
from digest.sources.feeds.parsing import Parsed, parse

URL = "https://quay.example.org/feeds/all.xml"
NAMESPACES = " ".join(
    f'xmlns:{prefix}="{uri}"'
    for prefix, uri in {
        "atom": "http://www.w3.org/2005/Atom",
        "content": "http://purl.org/rss/1.0/modules/content/",
        "dc": "http://purl.org/dc/elements/1.1/",
        "feedburner": "http://rssnamespace.org/feedburner/ext/1.0",
        "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
        "media": "http://search.yahoo.com/mrss/",
    }.items()
)
ITEM = "<title>A crane</title><link>https://quay.example.org/crane</link><guid>crane-1</guid>"


def read(feed: str | bytes, url: str = URL, media_type: str = "", charset: str = "") -> Parsed:
    return parse(feed if isinstance(feed, bytes) else feed.encode(), url, media_type, charset)


def rss(*items: str, channel: str = "<title>Quay</title>", head: str = '<?xml version="1.0"?>') -> str:
    inner = "".join(f"<item>{item}</item>" for item in items)
    return f'{head}<rss version="2.0" {NAMESPACES}><channel>{channel}{inner}</channel></rss>'


def atom(*entries: str, feed: str = "<title>Quay</title>", attributes: str = "") -> str:
    inner = "".join(f"<entry>{entry}</entry>" for entry in entries)
    return f'<feed xmlns="http://www.w3.org/2005/Atom" {attributes}>{feed}{inner}</feed>'


def item(inner: str, *, whole: str = ITEM) -> Entry:
    """The entry of an RSS feed that has only this one."""
    (only,) = read(rss(whole + inner)).entries
    return only


def entry(inner: str, **around: str) -> Entry:
    """The entry of an Atom feed that has only this one."""
    (only,) = read(atom(inner, **around)).entries
    return only
