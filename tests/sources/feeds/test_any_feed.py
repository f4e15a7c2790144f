"""Feeds are untrusted: whatever bytes one holds, it becomes plain entries or a FeedError."""

import json
import re

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from digest.errors import FeedError
from digest.model import Entry
from digest.sources.addresses import web_url
from digest.sources.feeds.mending import mend
from digest.sources.feeds.parsing import parse
from tests.sources.feeds.shapes import ITEM, URL, atom, read, rss

SEEDS = (
    rss(
        f"{ITEM}<pubDate>Tue, 02 Dec 2025 12:00:00 GMT</pubDate><category>A</category><dc:creator>Ann</dc:creator>",
        "<title>B</title><description><![CDATA[<p>x <img src='a.png'></p>]]></description><source url='/f'>F</source>"
        "<media:group><media:content url='/a' type='image/png'/></media:group><itunes:image href='/i'/>",
    ),
    atom(
        '<id>1</id><title type="html">A &lt;b&gt;</title><link href="/a"/><updated>2025-12-02T12:00:00Z</updated>'
        '<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>x</p></div></content>'
        "<source><title>S</title><link href='/s'/></source><author><name>Ann</name><email>a@b.example</email></author>",
        attributes='xml:lang="de" xml:base="/b/"',
    ),
    json.dumps({"items": [{"id": 1, "title": "A", "content_html": "<p>x</p>", "date_published": "2025-12-02"}]}),
)
PIECES = st.sampled_from(
    [
        *(
            "<",
            ">",
            "&",
            "'",
            '"',
            "/",
            ":",
            "]]>",
            "<![CDATA[",
            "<!--",
            "-->",
            "<?",
            "?>",
            "<!DOCTYPE",
            "[",
            "{",
            "\x00",
        ),
        *("<item>", "</item>", "<entry>", "</entry>", "<category/>", "<link/>", "<source>", "<svg>", "<image>", "</x>"),
        *(
            "xmlns=''",
            "xmlns:a=''",
            "xmlns:xml='u'",
            "xmlns='a b'",
            "a:b='1' c:b='2'",
            "xml:base='//['",
            "type='xhtml'",
        ),
        *("&#0;", "&#x110000;", "&nbsp;", "&a;", "\ud7ff", "é", "<pubDate>9999999999-99</pubDate>", "<guid>//[</guid>"),
    ]
)
EDITS = st.lists(st.tuples(st.integers(0, 2_000), st.integers(0, 40), PIECES | st.text(max_size=5)), max_size=10)
# A billion laughs is no secret: what it would do is bounded where the bombs are (test_faulty_feeds.py).
BARE = st.sampled_from(
    [
        "<script>alert(1)</script>",
        "<SCRIPT>alert(1)</SCRIPT>",
        "<svg><script>alert(1)</script></svg>",
        "<iframe src='javascript:alert(1)'/>",
        "<a href='javascript:alert(1)'>here</a>",
        "<p onclick='alert(1)'>here</p>",
        "<style>@import 'javascript:alert(1)'</style>",
    ]
)
MARKUP = st.sampled_from(
    [
        "<script>alert(1)</script>",
        "<SCRIPT SRC=//evil.example>",
        "<img src=x onerror=alert(1)>",
        "<a href='javascript:alert(1)'>here</a>",
        "<a href=' java\tscript:alert(1)'>here</a>",
        "<svg><script>alert(1)</script></svg>",
        "<iframe src='javascript:alert(1)'></iframe>",
        "<style>@import 'javascript:alert(1)'</style>",
        "<!--><script>alert(1)</script>-->",
        "<p title='</p><script>alert(1)</script>'>",
        "<math xlink:href='javascript:alert(1)'>x",
    ]
)
ADDRESSES = st.sampled_from(
    [
        "javascript:alert(1)",
        "JAVASCRIPT:alert(1)",
        "\tjavascript:alert(1)",
        "data:text/html,<script>",
        "vbscript:x",
        "//",
    ]
)
TAG = re.compile(r"</?(?:script|img|a|svg|iframe|style|p|math)\b", re.IGNORECASE)


def texts(entry: Entry) -> tuple[str, ...]:
    return (entry.title, entry.excerpt, entry.author, *entry.categories)


def check(data: bytes, charset: str = "") -> None:
    """Either it raises FeedError, or all there is can be stored, compared and put into a mail."""
    try:
        feed = parse(data, URL, "", charset)
    except FeedError:
        return
    assert len({entry.key for entry in feed.entries}) == len(feed.entries)
    for entry in feed.entries:
        assert entry.key
        for text in (entry.key, *texts(entry)):
            text.encode()
            assert "\x00" not in text
            assert "\n" not in text
        for url in (entry.url, entry.image, entry.source):
            assert url == web_url(url)
        for when in (entry.published, entry.updated):
            assert when is None or when.utcoffset() is not None
        assert min(entry.width, entry.height, entry.minutes) >= 0


def edited(feed: str, edits: list[tuple[int, int, str]]) -> str:
    for at, length, piece in edits:
        feed = feed[:at] + piece + feed[at + length :]
    return feed


@settings(deadline=None)  # the first of them loads feedparser
@given(st.binary(max_size=300), st.sampled_from(["", "utf-8", "utf-16", "gb2312", "utf-7", "idna", "\x00"]))
def test_arbitrary_bytes_never_raise(data: bytes, charset: str):
    check(data, charset)
    check(b"<rss><channel><item><title>" + data, charset)
    check(b'{"items": [{"title": "' + data + b'"}]}', charset)


@given(st.sampled_from(SEEDS), EDITS)
def test_feeds_with_damage_never_raise(feed: str, edits: list[tuple[int, int, str]]):
    check(edited(feed, edits).encode("utf-8", "surrogatepass"))


@given(st.sampled_from(SEEDS[:2]), EDITS)
def test_what_was_mended_is_well_formed(feed: str, edits: list[tuple[int, int, str]]):
    mended = mend(edited(feed, edits)).text
    parser = etree.XMLParser(encoding="utf-8", resolve_entities=False)
    try:
        etree.fromstring(mended.encode() or b"<nothing/>", parser)
    except etree.XMLSyntaxError:  # libxml2 minds namespaces that are no URIs; nobody else does
        assert {fault.type_name for fault in parser.error_log} <= {
            "WAR_NS_URI",
            "NS_ERR_INVALID",
            "WAR_NS_URI_RELATIVE",
        }


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20) | ADDRESSES,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=5,
    ),
    st.sampled_from(
        ["id", "url", "title", "content_html", "summary", "image", "date_published", "authors", "tags", "attachments"]
    ),
)
def test_arbitrary_values_in_json_never_raise(value: object, name: str):
    check(json.dumps({"title": value, "items": [{"id": "1", "title": "A", name: value}, value]}).encode())


@given(MARKUP, MARKUP, BARE)
def test_no_markup_of_a_feed_gets_through(first: str, second: str, bare: str):
    """What is escaped once more than markup is stands for itself, here as in files: ``<b> explained``."""
    escaped = (first + "Words" + second).replace("&", "&amp;").replace("<", "&lt;")
    in_rss = read(
        rss(
            f"<title>A {escaped}</title><guid>1</guid><description>{escaped}</description><category>{escaped}</category>"
            f"<dc:creator>{escaped}</dc:creator>",
            f"<title><![CDATA[B {first}]]></title><content:encoded><![CDATA[{first} Words {second}]]></content:encoded>",
            f"<title>C {bare}</title><guid>3</guid><description>{bare} Words {bare}</description>",
            channel=f"<title>{escaped}</title>",
        )
    )
    in_atom = read(
        atom(
            f'<id>1</id><title type="html">A {escaped}</title><summary type="html">{escaped}</summary>',
            f'<id>2</id><title type="xhtml"><div>B {bare}</div></title><content type="xhtml"><div>{bare}</div></content>',
        )
    )
    for text in (
        in_rss.title,
        *(text for feed in (in_rss, in_atom) for entry in feed.entries for text in texts(entry)),
    ):
        assert not TAG.search(text), text
    assert len(in_rss.entries) == 3


@given(ADDRESSES)
def test_no_address_of_a_feed_is_any_but_a_page_s(address: str):
    written = address.replace("<", "&lt;")
    picture = f'<media:content url="{written}" medium="image"/><description>&lt;img src="{written}"&gt;</description>'
    feed = rss(
        f'<title>A</title><guid>{written}</guid><link>{written}</link>{picture}<source url="{written}">S</source>'
    )
    via = f'<id>{written}</id><title>A</title><link href="{written}"/><link rel="via" href="{written}"/>'
    listed = {"id": 1, "title": "A", "url": address, "external_url": address, "image": address}
    for written_feed in (feed, atom(via), json.dumps({"items": [listed]})):
        (only,) = read(written_feed).entries
        assert not any("script" in url or url.startswith("data") for url in (only.url, only.image, only.source))
