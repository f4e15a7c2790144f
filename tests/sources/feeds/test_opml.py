"""Lists of feeds, as other programs write them."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import SourceError
from digest.sources.feeds.opml import Subscription, Subscriptions, read, written
from digest.sources.text import tidy

QUAY = "https://quay.example.org/feed"


def opml(body: str) -> bytes:
    return f'<?xml version="1.0"?><opml version="2.0"><head><title>x</title></head><body>{body}</body></opml>'.encode()


def listed(body: str) -> tuple[Subscription, ...]:
    found = read(opml(body), "list.opml")
    assert found.problems == ()
    return found.feeds


def test_a_feed_has_its_title_and_the_outline_around_it():
    assert listed(
        f'<outline text="Harbour"><outline type="rss" text="Quay" xmlUrl="{QUAY}" htmlUrl="https://quay.example.org"/></outline>'
        '<outline type="rss" text="Tide &amp;amp; Time" title="Tide &amp; Time" xmlUrl="https://tide.example.org/rss?a=1&amp;b=2"/>'
    ) == (
        Subscription(QUAY, "Quay", "Harbour"),
        Subscription("https://tide.example.org/rss?a=1&b=2", "Tide & Time"),
    )


def test_of_outlines_in_outlines_the_nearest_is_the_category():
    deep = f'<outline text="All"><outline title="Harbour"><outline text="Quay" xmlUrl="{QUAY}"/></outline></outline>'
    assert listed(deep) == (Subscription(QUAY, "Quay", "Harbour"),)


@pytest.mark.parametrize(
    ("category", "meant"), [("/Boston/Weather", "Weather"), ("Weather", "Weather"), ("/A/B,/C/D", "B"), ("", "")]
)
def test_without_an_outline_around_it_its_own_category_counts(category: str, meant: str):
    assert listed(f'<outline text="Quay" category="{category}" xmlUrl="{QUAY}"/>') == (
        Subscription(QUAY, "Quay", meant),
    )


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("feed://quay.example.org/feed", "http://quay.example.org/feed"),
        ("feed:https://quay.example.org/feed", QUAY),
        (f"  {QUAY} ", QUAY),
    ],
)
def test_addresses_are_those_of_the_web(address: str, url: str):
    assert listed(f'<outline text="Quay" xmlurl="{address}"/>') == (Subscription(url, "Quay"),)


def test_what_is_there_twice_is_there_once():
    twice = f'<outline text="Quay" xmlUrl="{QUAY}"/><outline text="Again" xmlUrl="{QUAY.replace("https", "http")}/"/>'
    assert listed(twice) == (Subscription(QUAY, "Quay"),)


def test_a_name_that_is_its_address_is_none():
    assert listed(f'<outline text="{QUAY}" xmlUrl="{QUAY}"/>') == (Subscription(QUAY),)


def test_what_is_no_address_is_left_out_and_told():
    found = read(opml(f'<outline text="x" xmlUrl="javascript:x"/><outline text="Quay" xmlUrl="{QUAY}"/>'), "list.opml")
    assert found.feeds == (Subscription(QUAY, "Quay"),)
    assert list(map(str, found.problems)) == ["list.opml: 'javascript:x' is no usable http(s) address (left out)"]


def test_a_list_that_is_not_well_formed_is_read_all_the_same():
    found = read(opml(f'<outline text="Fish & Chips" xmlUrl="{QUAY}">'), "list.opml")
    assert found.feeds == (Subscription(QUAY, "Fish & Chips"),)
    assert "is no well-formed XML" in str(found.problems[0])


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://u:hunter2@c.test/", "…@c.test"),
        ("https://u:hunter?2@c.test:99/x", "…@c.test"),
        ("u:hunter2@c.test/x", "…@c.test"),
        ("https:///feed?key=hunter2", "https:///feed"),
        ("https:///feed?mail=me@c.test&key=hunter2", "…@c.test"),
        ("javascript:x", "javascript:x"),
        ("javascript:" + "x" * 500, "javascript:" + "x" * 189),
    ],
)
def test_what_may_be_a_password_or_a_key_is_not_told(address: str, shown: str):
    found = read(opml(f'<outline text="x" xmlUrl="{address.replace("&", "&amp;")}"/>'), "list.opml")
    assert list(map(str, found.problems)) == [f"list.opml: {shown!r} is no usable http(s) address (left out)"]


def test_a_list_that_declares_entities_is_refused_as_a_feed_is():
    bomb = (
        b"<!DOCTYPE opml [<!ENTITY a 'ha'><!ENTITY b '&a;&a;'>]>" + opml(f'<outline text="&b;" xmlUrl="{QUAY}"/>')[21:]
    )
    with pytest.raises(SourceError, match=r"list\.opml: declares entities of its own"):
        read(bomb, "list.opml")


@pytest.mark.parametrize("data", [b"", b"hello", b"<rss/>", b'{"feeds": []}', b"\x00\x01"])
def test_what_is_no_list_is_said_to_be_none(data: bytes):
    with pytest.raises(SourceError, match=r"list\.opml: is no OPML"):
        read(data, "list.opml")


def test_of_too_many_feeds_is_told_how_many_are_left_out():
    many = "".join(f'<outline xmlUrl="https://quay.example.org/{number % 5_007}"/>' for number in range(5_010))
    found = read(opml(many), "list.opml")
    assert len(found.feeds) == 5_000
    assert list(map(str, found.problems)) == [
        "list.opml: holds 5,007 feeds, and no more than 5,000 are read (7 left out)"
    ]


def test_a_list_is_written_by_category():
    text = written(
        [Subscription(QUAY, "Quay", "Harbour"), Subscription("https://tide.example.org/rss")], "Feeds of Quay"
    ).decode()
    assert text == (
        "<?xml version='1.0' encoding='utf-8'?>\n"
        '<opml version="2.0">\n  <head>\n    <title>Feeds of Quay</title>\n  </head>\n  <body>\n'
        '    <outline type="rss" text="https://tide.example.org/rss" title="https://tide.example.org/rss" xmlUrl="https://tide.example.org/rss"/>\n'
        '    <outline text="Harbour">\n'
        f'      <outline type="rss" text="Quay" title="Quay" xmlUrl="{QUAY}"/>\n'
        "    </outline>\n  </body>\n</opml>\n"
    )


LINES = st.text(st.characters(categories=("L", "N", "P", "S")), max_size=20).map(tidy)
FEEDS = st.lists(
    st.builds(
        Subscription, st.from_regex(r"https://[a-z]{1,5}\.example/[a-z]{1,5}(\?a=1&b=2)?", fullmatch=True), LINES, LINES
    ),
    max_size=6,
    unique_by=lambda feed: feed.url,
)


@given(FEEDS)
def test_what_is_written_is_read_as_the_same(feeds: list[Subscription]):
    again = read(written(feeds, "Feeds"), "list.opml")
    assert again.problems == ()
    assert set(again.feeds) == set(feeds)


@given(st.binary(max_size=200))
def test_arbitrary_bytes_never_do_harm(data: bytes):
    for content in (data, opml("<outline xmlUrl='" + data.decode("latin-1") + "'>")):
        with suppress(SourceError):
            assert isinstance(read(content, "list.opml"), Subscriptions)
