"""What a feed says, in each of the formats that feeds have: read once, as plain text and absolute URLs."""

from datetime import UTC, datetime

import pytest

from digest.errors import FeedError
from digest.model import EXCERPT_MAXIMUM
from tests.sources.feeds.shapes import ITEM, NAMESPACES, URL, atom, entry, item, read, rss

NOON = datetime(2025, 12, 2, 12, 0, tzinfo=UTC)

RSS_091 = """<?xml version="1.0" encoding="ISO-8859-1"?>
<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://my.netscape.com/publish/formats/rss-0.91.dtd">
<rss version="0.91"><channel><title>Quay</title><link>https://quay.example.org/</link><language>en-gb</language>
<item><title>A crane</title><link>https://quay.example.org/crane</link><description>It lifts.</description></item>
</channel></rss>"""
RSS_092 = """<rss version="0.92"><channel><title>Quay</title><link>https://quay.example.org/</link>
<item><title>A crane</title><link>https://quay.example.org/crane</link><description>It lifts.</description>
<category>Machines</category></item></channel></rss>"""
RSS_20 = rss(
    "<title>A crane</title><link>https://quay.example.org/crane</link><description>It lifts.</description>"
    "<pubDate>Tue, 02 Dec 2025 13:00:00 +0100</pubDate><dc:creator>Ann Example</dc:creator>",
    channel="<title>Quay</title><link>https://quay.example.org/</link>",
)
RDF = """<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel rdf:about="https://quay.example.org/rdf"><title>Quay</title><link>https://quay.example.org/</link></channel>
<item rdf:about="https://quay.example.org/crane"><title>A crane</title><link>https://quay.example.org/crane</link>
<description>It lifts.</description><dc:date>2025-12-02T13:00:00+01:00</dc:date><dc:subject>Machines</dc:subject>
</item></rdf:RDF>"""
RSS_090 = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://my.netscape.com/rdf/simple/0.9/">
<channel><title>Quay</title><link>https://quay.example.org/</link><description>It lifts.</description></channel>
<item><title>A crane</title><link>https://quay.example.org/crane</link></item></rdf:RDF>"""
ATOM_03 = """<feed version="0.3" xmlns="http://purl.org/atom/ns#"><title>Quay</title>
<link rel="alternate" type="text/html" href="https://quay.example.org/"/>
<entry><title>A crane</title><link rel="alternate" type="text/html" href="https://quay.example.org/crane"/>
<id>tag:quay.example.org,2025:1</id><issued>2025-12-02T12:00:00Z</issued><modified>2025-12-02T12:30:00Z</modified>
<summary type="text/plain">It lifts.</summary></entry></feed>"""
ATOM_10 = atom(
    '<title>A crane</title><link href="https://quay.example.org/crane"/><id>tag:quay.example.org,2025:1</id>'
    "<published>2025-12-02T12:00:00Z</published><updated>2025-12-02T12:30:00Z</updated><summary>It lifts.</summary>",
    feed='<title>Quay</title><link href="https://quay.example.org/"/>',
)
FORMATS = {
    "RSS 0.90": RSS_090,
    "RSS 0.91": RSS_091,
    "RSS 0.92": RSS_092,
    "RSS 1.0": RDF,
    "RSS 2.0": RSS_20,
    "Atom 0.3": ATOM_03,
    "Atom 1.0": ATOM_10,
}


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_has_a_title_a_site_and_entries_with_pages(name: str):
    feed = read(FORMATS[name])
    assert (feed.title, feed.site, feed.faults) == ("Quay", "https://quay.example.org/", ())
    (only,) = feed.entries
    assert (only.title, only.url) == ("A crane", "https://quay.example.org/crane")
    assert only.excerpt == ("" if name == "RSS 0.90" else "It lifts.")


@pytest.mark.parametrize("name", ["RSS 1.0", "RSS 2.0", "Atom 0.3", "Atom 1.0"])
def test_the_formats_that_have_dates_have_them_in_utc(name: str):
    assert read(FORMATS[name]).entries[0].published == NOON


def test_a_prefix_of_any_name_may_stand_before_the_elements_of_atom():
    feed = '<a:feed xmlns:a="http://www.w3.org/2005/Atom"><a:entry><a:title>A crane</a:title><a:id>1</a:id></a:entry></a:feed>'
    assert read(feed).entries[0].title == "A crane"


# --- texts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Fish &amp; Chips", "Fish & Chips"),
        ("AT&amp;amp;T", "AT&T"),  # escaped for HTML and then for XML, as most programs do
        ("<![CDATA[AT&amp;T]]>", "AT&T"),
        ("<![CDATA[Fish & Chips]]>", "Fish & Chips"),
        ("A &lt;b&gt;bold&lt;/b&gt; move", "A bold move"),
        ("&#8220;Quay&#8221; &#38; more", "“Quay” & more"),
        ("5 &lt; 6", "5 < 6"),
        ("&amp;lt;b&amp;gt; explained", "<b> explained"),
        ("Two\n   lines", "Two lines"),
    ],
)
def test_a_title_of_rss_may_be_html(written: str, shown: str):
    assert item("", whole=f"<title>{written}</title><guid>1</guid>").title == shown


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("<title>AT&amp;amp;T</title>", "AT&amp;T"),  # RFC 4287, 3.1.1.1: text is text
        ("<title>The &lt;b&gt; tag</title>", "The <b> tag"),
        ('<title type="html">AT&amp;amp;T</title>', "AT&T"),
        ('<title type="html">The &lt;b&gt;quay&lt;/b&gt;</title>', "The quay"),
        ('<title type="html">&amp;lt;b&amp;gt; explained</title>', "<b> explained"),
        (
            '<title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">The <b>quay</b> &amp; I</div></title>',
            "The quay & I",
        ),
    ],
)
def test_a_title_of_atom_is_what_it_says_that_it_is(written: str, shown: str):
    assert entry(f"<id>1</id>{written}").title == shown


def test_the_summary_is_the_excerpt_and_else_the_beginning_of_the_content():
    content = "<content:encoded><![CDATA[<h2>Cranes</h2><p>It lifts &amp; turns.</p>]]></content:encoded>"
    assert item(f"<description>Short.</description>{content}").excerpt == "Short."
    assert item(content).excerpt == "It lifts & turns."


def test_a_summary_of_atom_that_is_html_without_saying_so_is_read_as_such():
    assert entry("<id>1</id><title>A</title><summary>&lt;p&gt;It lifts.&lt;/p&gt;</summary>").excerpt == "It lifts."
    assert entry("<id>1</id><title>A</title><summary>5 &lt; 6 &amp;amp; 7</summary>").excerpt == "5 < 6 &amp; 7"


def test_markup_that_stands_bare_in_a_feed_is_read_as_such():
    bare = '<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>It <em>lifts</em>.</p></div></content>'
    assert entry(f"<id>1</id><title>A crane</title>{bare}").excerpt == "It lifts."


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (
            "<p>It lifts [&#8230;]</p><p>The post <a href='x'>A crane</a> appeared first on <a href='y'>Quay</a>.</p>",
            "It lifts…",
        ),
        ("<p>It lifts.</p>\n<script>track()</script><style>p {}</style>", "It lifts."),
        ("It lifts.<br/>It turns.", "It lifts. It turns."),
        ("<img src='a.png'>", ""),
        ("", ""),
    ],
)
def test_an_excerpt_is_plain_and_without_what_programs_add(written: str, shown: str):
    assert item(f"<description><![CDATA[{written}]]></description>").excerpt == shown


def test_an_entry_without_a_title_is_called_by_its_first_words():
    whole = "<guid>1</guid><link>https://quay.example.org/1</link><description>{}</description>"
    short = item("", whole=whole.format("The tide is high today."))
    assert (short.title, short.excerpt) == ("The tide is high today.", "")
    long = item("", whole=whole.format("The tide is high today. " * 20))
    assert long.title.startswith("The tide is high today.")
    assert len(long.title) <= 100
    assert long.excerpt.startswith("The tide is high today. The tide")


def test_texts_are_bounded():
    long = "word " * 5_000
    found = item(f"<description>{long}</description>", whole=f"<title>{long}</title><guid>1</guid>")
    assert len(found.title) <= 300
    assert len(found.excerpt) <= EXCERPT_MAXIMUM


# --- links and keys ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("https://quay.example.org/a?b=1&amp;c=2", "https://quay.example.org/a?b=1&c=2"),
        ("/crane", "https://quay.example.org/crane"),
        ("crane.html", "https://quay.example.org/feeds/crane.html"),
        ("//quay.example.org/crane", "https://quay.example.org/crane"),
        (" https://quay.example.org/crane\n", "https://quay.example.org/crane"),
        ("javascript:alert(1)", ""),
        ("mailto:ann@example.org", ""),
        ("file:///etc/passwd", ""),
        ("https://[", ""),
    ],
)
def test_a_link_is_absolute_and_on_the_web(link: str, url: str):
    assert item("", whole=f'<title>A</title><guid isPermaLink="false">1</guid><link>{link}</link>').url == url


def test_links_of_atom_are_meant_from_its_base():
    based = entry(
        '<id>1</id><title>A</title><link href="crane"/>', attributes='xml:base="https://quay.example.org/news/"'
    )
    assert based.url == "https://quay.example.org/news/crane"


def test_an_address_behind_a_counter_is_not_the_page():
    counted = "<link>https://feeds.example.com/~r/quay/1</link>"
    origin = "<feedburner:origLink>https://quay.example.org/crane</feedburner:origLink>"
    assert item("", whole=f"<title>A</title><guid>1</guid>{counted}{origin}").url == "https://quay.example.org/crane"


def test_a_guid_is_a_link_unless_it_says_otherwise():
    assert item("", whole="<title>A</title><guid>https://quay.example.org/1</guid>").url == "https://quay.example.org/1"
    no_link = '<title>A</title><guid isPermaLink="false">https://quay.example.org/1</guid>'
    assert item("", whole=no_link).url == ""


def test_the_key_is_the_id_else_the_link_else_what_is_said():
    assert item("").key == "crane-1"
    assert item("", whole="<title>A</title><link>https://quay.example.org/1</link>").key == "quay.example.org/1"
    day = "<title>A</title><pubDate>Tue, 0{} Dec 2025 12:00:00 GMT</pubDate>"
    first, again, other = (item("", whole=day.format(number)).key for number in (2, 2, 3))
    assert first == again != other
    assert len(item("", whole=f"<title>A</title><guid>{'x' * 3_000}</guid>").key) < 100


def test_a_page_that_stands_for_an_id_is_the_same_with_https_and_by_any_way_to_it():
    pages = ("http://www.quay.example.org/1?utm_source=a#top", "https://quay.example.org/1/#top")
    keys = {item("", whole=f"<title>A</title><link>{page}</link>").key for page in pages}
    assert keys == {"quay.example.org/1#top"}


def test_entries_that_share_an_id_count_by_their_pages():
    same = '<title>A</title><guid isPermaLink="false">0</guid><link>https://quay.example.org/{}</link>'
    found = read(rss(same.format("a"), same.format("b"), same.format("b"))).entries
    assert [one.key for one in found] == ["quay.example.org/a", "quay.example.org/b"]
    assert [one.key for one in read(rss(same.format("a"), same.format("a"))).entries] == ["0"]


def test_no_more_than_five_hundred_entries_are_read():
    feed = read(rss(*(f"<title>{number}</title><guid>{number}</guid>" for number in range(600))))
    assert [one.key for one in feed.entries] == [str(number) for number in range(500)]
    assert feed.faults == ("has more than 500 entries; the first are read",)


# --- where a story comes from --------------------------------------------------------------------------------------


def test_the_source_is_the_page_that_a_story_was_found_by_or_the_feed_that_it_was_taken_from():
    origin = '<source url="https://harbour.example.com/feed">Harbour</source>'
    assert item(origin).source == "https://harbour.example.com/feed"
    taken = '<source><title>Harbour</title><link href="https://harbour.example.com/"/></source>'
    via = '<link rel="via" href="https://harbour.example.com/story"/>'
    base = '<id>1</id><title>A</title><link href="/a"/>'
    assert entry(base + taken).source == "https://harbour.example.com/"
    assert entry(base + via + taken).source == "https://harbour.example.com/story"
    assert entry(base).source == ""


# --- dates ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "published"),
    [
        ("Tue, 02 Dec 2025 12:00:00 GMT", NOON),
        ("Tue, 2 Dec 25 7:00:00 EST", NOON),
        ("2025-12-02T12:00:00Z", NOON),
        ("2025-12-02 12:00:00", NOON),
        ("2025-12-02", datetime(2025, 12, 2, tzinfo=UTC)),
        ("2025/12/02", datetime(2025, 12, 2, tzinfo=UTC)),
        ("Tue, 02 Dec 2025 12:00:00", NOON),
        ("Tue, 02 Dec 2025 12:00 PM", NOON),
        ("02.12.2025 12:00", NOON),
        ("December 2, 2025 12:00 PM", NOON),
        ("Tue Dec 02 12:00:00 2025", NOON),
        ("20251202T120000Z", NOON),
        ("1764676800", NOON),
        ("Tue, 02 Dec 2025 21:00:00 JST", NOON),
        ("Tue, 02 Dec 2025 13:00:00 CET", NOON),
        ("Tue, 02 Dec 2025 14:00:00 CEST", NOON),
        ("Tue, 02 Dec 2025 07:00:00 EST", NOON),
        ("2025 12 02", None),
        ("--12-02", None),  # no date is made of today's
        ("12:00", None),
        ("Thu, 01 Jan 1970 00:00:00 GMT", None),  # a clock that was never set
        ("0000-00-00 00:00:00", None),
        ("Mon, 32 Foo 2025", None),
        ("soon", None),
        ("9999-12-31T23:59:59Z", None),
        ("2031-01-01T00:00:00Z", datetime(2031, 1, 1, tzinfo=UTC)),
        ("", None),
    ],
)
def test_a_date_is_an_instant_or_none(written: str, published: datetime | None):
    assert item(f"<pubDate>{written}</pubDate>").published == published


def test_dates_that_nobody_can_read_are_told_with_a_count():
    dated = [
        f"<title>{number}</title><pubDate>{date}</pubDate>" for number, date in enumerate(["soon", "", "1 May 2025"])
    ]
    assert read(rss(*dated)).faults == ("has a date that cannot be read: 'soon'",)
    assert read(rss(*dated[:1], "<title>A</title><pubDate>12:00</pubDate>")).faults == (
        "has 2 dates that cannot be read, the first one 'soon'",
    )
    assert read(rss(*dated[1:])).faults == ()
    item = '{"version": "", "items": [{"id": 1, "title": "A", "date_published": "soon", "date_modified": 1764676800}]}'
    feed = read(item)
    assert feed.faults == ("has a date that cannot be read: 'soon'",)
    assert [one.published for one in feed.entries] == [NOON]


def test_what_was_never_published_was_once_updated():
    changed = entry("<id>1</id><title>A</title><updated>2025-12-02T12:00:00Z</updated>")
    assert (changed.published, changed.updated) == (NOON, NOON)
    assert item("").updated is None


# --- people and categories -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "author"),
    [
        ("<author>ann@example.org (Ann Example)</author>", "Ann Example"),
        ("<author>ann@example.org</author>", ""),
        ("<dc:creator>Ann Example</dc:creator>", "Ann Example"),
        ("<dc:creator>Ann Example</dc:creator><dc:creator>Ben Example</dc:creator>", "Ann Example, Ben Example"),
        ("<dc:creator>&lt;b&gt;Ann&lt;/b&gt; Example</dc:creator>", "Ann Example"),
        ("<author>Ann Example &lt;ann@example.org&gt;</author>", "Ann Example"),
    ],
)
def test_an_author_is_a_name_and_never_an_address(written: str, author: str):
    assert item(written).author == author


def test_an_entry_of_atom_without_an_author_is_by_the_feed_s():
    feed = "<title>Quay</title><author><name>Ann Example</name><email>ann@example.org</email></author>"
    base = "<id>1</id><title>A</title>"
    assert entry(base, feed=feed).author == "Ann Example"
    assert entry(f"{base}<author><name>Ben Example</name></author>", feed=feed).author == "Ben Example"


def test_categories_come_once_and_by_the_names_that_people_read():
    assert item(
        "<category>Work</category><category><![CDATA[R&amp;D]]></category><category>work</category>"
    ).categories == (
        "Work",
        "R&D",
    )
    labelled = '<category term="ai" label="Artificial Minds"/><category term="cats"/>'
    marked = '<category scheme="https://example.org/kinds" term="https://example.org/kinds#post"/>'
    assert entry(f"<id>1</id><title>A</title>{labelled}{marked}").categories == ("Artificial Minds", "cats")


@pytest.mark.parametrize(
    ("feed", "language"),
    [
        (rss(ITEM, channel="<title>Quay</title><language>en_US</language>"), "en-us"),
        (atom("<id>1</id><title>A</title>", attributes='xml:lang="de"'), "de"),
        (atom('<id>1</id><title xml:lang="fr">A</title>', attributes='xml:lang="de"'), "fr"),
        (rss(ITEM, channel="<title>Quay</title><language>whatever you like</language>"), ""),
    ],
)
def test_the_language_is_the_text_s_own_or_that_of_the_feed(feed: str, language: str):
    assert read(feed).entries[0].language == language


def test_how_long_reading_takes_is_told_by_the_whole_text():
    words = "<content:encoded>" + "word " * 2_300 + "</content:encoded>"
    assert item(f"<description>Short.</description>{words}").minutes == 10
    assert item("<description>Short.</description>").minutes == 0


# --- what is no feed -----------------------------------------------------------------------------------------------


def test_a_web_page_is_no_feed_and_may_name_its_own():
    link = '<link rel="alternate" type="application/rss+xml" href="/feed.xml">'
    with pytest.raises(FeedError, match="is a web page, no feed") as raised:
        read(f"<!DOCTYPE html><html><head><title>Quay</title>{link}</head><body><p>Hello<br>there</body></html>")
    assert raised.value.hint == "it names https://quay.example.org/feed.xml as its feed"
    assert str(raised.value).startswith(URL)


@pytest.mark.parametrize(
    ("written", "what"),
    [
        ("", "is empty"),
        ("  \n", "is empty"),
        ("Service unavailable", "is no feed"),
        ("<?xml version='1.0'?><error>Too many requests</error>", "is XML, but no feed"),
        ("\x00\x01\x02", "is no feed"),
    ],
)
def test_what_is_no_feed_is_said_to_be_none(written: str, what: str):
    with pytest.raises(FeedError, match=what):
        read(written)


def test_a_feed_may_hold_nothing_yet():
    assert read(rss()).entries == ()
    assert read(f"<rss version='2.0' {NAMESPACES}/>").entries == ()
