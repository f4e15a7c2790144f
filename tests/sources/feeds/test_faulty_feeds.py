"""Feeds in which something is wrong: what can be read of them is read, and what would do harm does none."""

import subprocess
import sys

import pytest
from lxml import etree

from digest.errors import FeedError
from digest.sources.feeds import encodings, markup
from digest.sources.feeds.mending import mend
from tests.sources.feeds.shapes import ITEM, NAMESPACES, atom, read, rss

HEAD = f'<rss version="2.0" {NAMESPACES}><channel><title>Quay</title>'


# --- encodings -----------------------------------------------------------------------------------------------------

DECLARED = '<?xml version="1.0" encoding="{}"?>'
WORD = "Crème brûlée"


def title(feed: bytes, charset: str = "") -> tuple[str, bool]:
    """The title of the only entry, and whether there was a fault."""
    parsed = read(feed, charset=charset)
    return parsed.entries[0].title, bool(parsed.faults)


def named(word: str, declared: str = "") -> str:
    return rss(f"<title>{word}</title><guid>1</guid>", head=DECLARED.format(declared) if declared else "")


@pytest.mark.parametrize(
    ("declared", "written", "charset", "faulty"),
    [
        ("utf-8", "utf-8", "", False),
        ("", "utf-8", "", False),
        ("iso-8859-1", "iso-8859-1", "", False),
        ("ISO-8859-1", "cp1252", "", False),
        ("utf-8", "cp1252", "", True),  # what it says is not so
        ("", "cp1252", "", True),
        ("iso-8859-1", "utf-8", "", True),
        ("utf-8", "utf-8", "iso-8859-1", True),
        ("", "iso-8859-1", "iso-8859-1", False),
        ("utf-8", "iso-8859-1", "iso-8859-1", True),
        ("no-such-encoding", "utf-8", "nor-this", True),
        ("unicode_escape", "utf-8", "zlib", True),  # which Python knows, and no feed is written in
    ],
)
def test_the_encoding_is_what_the_bytes_are_whatever_is_said(declared: str, written: str, charset: str, faulty: bool):
    assert title(named(WORD, declared).encode(written), charset) == (WORD, faulty)


@pytest.mark.parametrize("written", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_a_mark_at_the_beginning_tells_the_encoding(written: str):
    assert title(named(WORD, "utf-8").encode(written)) == (WORD, False)


@pytest.mark.parametrize(
    ("declared", "word"),
    [
        ("Shift_JIS", "港のクレーン①"),
        ("EUC-JP", "港のクレーン"),
        ("ISO-2022-JP", "港のクレーン"),
        ("GB2312", "码头起重机镕"),  # the last one is in gb18030 alone
        ("Big5", "碼頭起重機"),
        ("windows-1251", "Портовый кран"),
        ("koi8-r", "Портовый кран"),
        ("EUC-KR", "항구 크레인"),
    ],
)
def test_the_encodings_of_many_languages_are_read(declared: str, word: str):
    written = {"GB2312": "gb18030", "Shift_JIS": "cp932"}.get(declared, declared)
    assert title(named(word, declared).encode(written)) == (word, False)


def test_one_broken_character_does_not_break_the_others():
    feed = named("港のクレーン", "Shift_JIS").encode("cp932")
    broken, faulty = title(feed.replace(b"</channel>", b"<x>" + "動".encode("cp932")[:1] + b" </x></channel>"))
    assert (broken, faulty) == ("港のクレーン", True)
    mixed = named(f"{WORD} and NAIVE").encode().replace(b"NAIVE", b"na\xefve")
    assert title(mixed) == (f"{WORD} and naïve", True)


def test_a_character_that_the_end_cuts_off_is_gone():
    assert encodings.decode("Crème".encode() + b"\xc3", "") == ("Crème", ())
    assert encodings.decode("起重".encode("gb18030")[:-1], "gb2312") == ("起", ())


# --- XML that is none ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("<title>Fish & Chips</title>", "Fish & Chips"),
        ("<title>Caf&eacute; &ndash; &nbsp;open</title>", "Café – open"),
        ("<title>AT&T; and more</title>", "AT&T; and more"),
        ("<title>A < B</title>", "A < B"),
        ("<title>\x08Be\x00ep\x1f</title>", "Beep"),
        ("<title>&#8;&#x1F;Beep&#xD800;</title>", "Beep"),
        ("<title>A crane", "A crane"),
        ("<title>A crane</titel>", "A crane"),
        ("<title>A crane</TITLE>", "A crane"),
        ("<title>A <br> crane</title>", "A crane"),
        ("<title>A crane]]></title>", "A crane]]>"),
        ("<title type=text lang='en' lang='de'>A crane</title>", "A crane"),
        ("<unknown:mark>x</unknown:mark><title>A crane</title>", "A crane"),
        ("<!-- -- --><title>A crane</title>", "A crane"),
        ("<title>A crane</title><?php echo 1 ?>", "A crane"),
    ],
)
def test_what_is_not_well_formed_is_read_all_the_same(written: str, shown: str):
    feed = read(f"{HEAD}<item><guid>1</guid>{written}</item></channel></rss>")
    assert feed.entries[0].title == shown
    if "<br>" not in written or "php" in written:
        assert feed.faults == () if "php" in written else feed.faults[0].startswith("is no well-formed XML: ")


def test_a_fault_says_where_it_is():
    (fault,) = read(rss("<title>Fish & Chips</title>", head='<?xml version="1.0"?>\n\n')).faults
    assert "line 3" in fault


@pytest.mark.parametrize("junk", ["\n\n ", "\ufeff", "<br />\n<b>Warning</b>: odd() on line <b>3</b><br />\n", "OK\n"])
def test_what_stands_before_the_feed_does_not_matter(junk: str):
    assert [one.title for one in read(junk + rss(ITEM)).entries] == ["A crane"]


def test_what_stands_behind_the_feed_does_not_matter():
    assert len(read(rss(ITEM) + "<!-- cached --><p>Hello <b>there").entries) == 1


def test_an_entry_that_does_not_end_does_not_swallow_the_next():
    feed = read(f"{HEAD}<item><title>A</title><guid>1</guid><item><title>B</title><guid>2</guid></channel></rss>")
    assert [one.title for one in feed.entries] == ["A", "B"]


def test_html_that_nobody_escaped_does_not_swallow_the_next_entry():
    bare = "<description><p>It lifts<br>and <b>turns<p>all day.</description>"
    feed = read(f"{HEAD}<item><title>A</title>{bare}</item><item><title>B</title></item></channel></rss>")
    assert [one.title for one in feed.entries] == ["A", "B"]


def test_of_a_feed_that_was_cut_off_is_read_what_came():
    whole = rss(*(f"<title>Story {number}</title><guid>{number}</guid>" for number in range(10))).encode()
    for length in range(len(rss()) + 40, len(whole), 7):
        feed = read(whole[:length])
        came = whole[:length].count(b"</item>")
        assert [one.title for one in feed.entries] == [f"Story {number}" for number in range(came)]
        within = whole[:length].count(b"<item>") > came
        assert ("ends within an entry, which is left out" in feed.faults) is within
        assert feed.faults


@pytest.mark.parametrize(
    "end", ["<title><![CDATA[A cra", "<title>A crane</title><pubDa", "<!-- ", "<title>A crane &am"]
)
def test_an_entry_that_was_cut_off_is_left_out_and_told(end: str):
    feed = read(f"{HEAD}<item><title>A</title></item><item><guid>1</guid>{end}")
    assert [one.title for one in feed.entries] == ["A"]
    assert feed.faults[-1] == "ends within an entry, which is left out"
    atom = read(f"<a:feed xmlns:a='http://www.w3.org/2005/Atom'><a:entry><a:id>1</a:id>{end}")
    assert (atom.entries, atom.faults[-1]) == ((), "ends within an entry, which is left out")


def test_prefixes_that_nobody_declared_mean_what_they_usually_do():
    feed = read(
        "<rss version='2.0'><channel><item><title>A</title><guid>1</guid><dc:creator>Ann Example</dc:creator>"
        "<content:encoded>&lt;p&gt;It lifts.&lt;/p&gt;</content:encoded></item></channel></rss>"
    )
    assert (feed.entries[0].author, feed.entries[0].excerpt) == ("Ann Example", "It lifts.")


def test_a_namespace_with_a_blank_behind_it_is_the_same():
    feed = atom("<id>1</id><title>A crane</title>").replace("2005/Atom", "2005/Atom ")
    assert [one.title for one in read(feed).entries] == ["A crane"]


def test_mending_leaves_nothing_open_and_nothing_twice():
    mended = mend("<rss><a b=1 b='2' c><d></b></rss>x").text
    assert etree.tostring(etree.fromstring(mended)) == b'<rss><a b="2"><d/></a></rss>'
    assert mend("no mark in it").text == ""


# --- what would do harm --------------------------------------------------------------------------------------------

LAUGHS = "".join(f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" for n in range(1, 12))
MANY_REFERENCES = rss(f"<title>{'&a;' * 50_000}</title>", head="")
BOMBS = {
    "a billion laughs": f"<!DOCTYPE rss [<!ENTITY l0 'ha'>{LAUGHS}]>{rss('<title>&l11;</title>', head='')}",
    "quadratic blowup": f"<!DOCTYPE rss [<!ENTITY a '{'x' * 200_000}'>]>{MANY_REFERENCES}",
    "laughs that are not well-formed": f"<!DOCTYPE rss [<!ENTITY l0 'ha'>{LAUGHS}]>{HEAD}<item><title>&l11;",
    "nothing but beginnings": HEAD + "<a>" * 2_000_000,
    "nothing but marks": "<" * 5_000_000,
    "many attributes": HEAD + "<item " + " ".join(f"a{n}='1'" for n in range(200_000)) + "/></channel></rss>",
    "many categories": HEAD + "<item>" + "".join(f"<category>{n}</category>" for n in range(200_000)),
    "many authors": HEAD + "<item>" + f"<author>{'a' * 500}</author>" * 10_000 + "</item></channel></rss>",
    "one long author": HEAD + f"<item><author>{'a' * 5_000_000}</author></item></channel></rss>",
    "a deep text": "[" * 2_000_000,
    "a deep feed": '{"items":' + "[" * 2_000_000,
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_costs_little_memory_and_little_time(name: str):
    limited = (
        "import resource, sys\n"
        "resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))\n"
        "resource.setrlimit(resource.RLIMIT_CPU, (20, 20))\n"
        "from digest.errors import FeedError\n"
        "from digest.sources.feeds.parsing import parse\n"
        "try:\n"
        "    held = parse(sys.stdin.buffer.read(), 'https://quay.example.org/feed')\n"
        "    print(max((len(one.title) for one in held.entries), default=0))\n"
        "except FeedError:\n"
        "    print(0)\n"
    )
    done = subprocess.run([sys.executable, "-c", limited], input=BOMBS[name].encode(), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr[-2_000:]
    assert int(done.stdout) <= 300


def test_a_feed_that_declares_entities_of_its_own_is_refused():
    item = rss("<title>The &quay; news</title><guid>1</guid>", head="")
    with pytest.raises(FeedError, match="declares entities of its own: refused"):
        read(f"<!DOCTYPE rss [<!ENTITY quay 'Quay'>]>{item}")
    assert read(f'<!DOCTYPE rss SYSTEM "rss.dtd">{item}').entries[0].title == "The &quay; news"


def test_no_file_is_read_for_a_feed(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret", encoding="utf-8")
    for declaration in (f"<!ENTITY f SYSTEM '{secret.as_uri()}'>", f"<!ENTITY % f SYSTEM '{secret.as_uri()}'> %f;"):
        with pytest.raises(FeedError, match="entities of its own") as refused:
            read(f"<!DOCTYPE rss [{declaration}]>{rss('<title>A &f; crane</title><guid>1</guid>', head='')}")
        assert "the secret" not in str(refused.value)
    included = '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" parse="text" href="{}"/>'
    assert "the secret" not in repr(read(rss(f"<title>A{included.format(secret.as_uri())}</title><guid>1</guid>")))


def test_a_document_type_with_signs_in_quotes_ends_where_it_ends():
    odd = """<!DOCTYPE rss [ <!-- it's ]> odd --> <!ENTITY a "]>"> <!ENTITY b '"'> ]>"""
    root = markup.from_text(odd + "<rss><channel/></rss>").root
    assert root is not None
    assert etree.tostring(root) == b"<rss><channel/></rss>"
