"""The shapes of feeds that people really follow: podcasts, films, releases, forums, short messages, blogs."""

from datetime import UTC, datetime

from tests.sources.feeds.shapes import entry, item, read, rss


def test_an_episode_of_a_podcast():
    found = item(
        "<title>Episode 7: Tides</title><guid isPermaLink='false'>5f1c-7</guid><link>https://cast.example.org/7</link>"
        "<itunes:author>Ann Example</itunes:author><itunes:image href='https://cast.example.org/7.jpg'/>"
        "<itunes:summary>We talk about tides.</itunes:summary><itunes:duration>00:42:17</itunes:duration>"
        "<itunes:keywords>tides, moon</itunes:keywords><itunes:explicit>no</itunes:explicit>"
        "<enclosure url='https://cast.example.org/7.mp3' length='40000000' type='audio/mpeg'/>"
        "<pubDate>Tue, 02 Dec 2025 06:00:00 +0000</pubDate>",
        whole="",
    )
    assert (found.title, found.url) == ("Episode 7: Tides", "https://cast.example.org/7")
    assert (found.excerpt, found.author) == ("We talk about tides.", "Ann Example")
    assert found.image == "https://cast.example.org/7.jpg"
    assert found.categories == ("tides", "moon")


def test_an_episode_without_a_page_leads_to_what_is_heard():
    sound = "<enclosure url='https://cast.example.org/8.mp3' length='1' type='audio/mpeg'/>"
    found = item(f"<title>Episode 8</title><guid isPermaLink='false'>8</guid>{sound}", whole="")
    assert found.url == "https://cast.example.org/8.mp3"


def test_a_film_of_a_channel():
    found = entry(
        "<id>yt:video:aB3</id><yt:videoId>aB3</yt:videoId><title>How a crane lifts</title>"
        "<link rel='alternate' href='https://video.example.com/watch?v=aB3'/>"
        "<author><name>Quay Films</name><uri>https://video.example.com/channel/q</uri></author>"
        "<published>2025-12-02T12:00:00+00:00</published><updated>2025-12-03T01:00:00+00:00</updated>"
        "<media:group><media:title>How a crane lifts</media:title>"
        "<media:content url='https://video.example.com/v/aB3' type='application/x-shockwave-flash' width='640' height='390'/>"
        "<media:thumbnail url='https://i.example.com/vi/aB3/hq.jpg' width='480' height='360'/>"
        "<media:description>Slowly.\n\nAnd with care.</media:description></media:group>",
        attributes='xmlns:yt="http://www.youtube.com/xml/schemas/2015" xmlns:media="http://search.yahoo.com/mrss/"',
    )
    assert (found.title, found.author) == ("How a crane lifts", "Quay Films")
    assert found.url == "https://video.example.com/watch?v=aB3"
    assert (found.image, found.width, found.height) == ("https://i.example.com/vi/aB3/hq.jpg", 480, 360)
    assert found.excerpt == "Slowly. And with care."
    assert found.published == datetime(2025, 12, 2, 12, tzinfo=UTC)


def test_a_release_of_a_program():
    found = entry(
        "<id>tag:code.example.com,2008:Repository/1/v2.0</id><updated>2025-12-02T12:00:00Z</updated>"
        "<link rel='alternate' type='text/html' href='https://code.example.com/quay/crane/releases/tag/v2.0'/>"
        "<title>v2.0</title><content type='html'>&lt;h2&gt;New&lt;/h2&gt;&lt;p&gt;It turns &lt;code&gt;left&lt;/code&gt;."
        "&lt;/p&gt;</content><author><name>ann</name></author>"
        "<media:thumbnail height='30' width='30' url='https://avatars.example.com/u/1?s=60'/>",
        attributes='xmlns:media="http://search.yahoo.com/mrss/"',
    )
    assert (found.title, found.excerpt, found.author, found.image) == ("v2.0", "It turns left.", "ann", "")
    assert found.published == found.updated == datetime(2025, 12, 2, 12, tzinfo=UTC)


def test_a_post_of_a_forum():
    shared = (
        "<author><name>/u/ann</name><uri>https://forum.example.com/user/ann</uri></author><category term='cranes' label='r/cranes'/>"
        "<id>t3_1</id><link href='https://forum.example.com/r/cranes/comments/1/'/><title>Old cranes</title>"
        "<updated>2025-12-02T12:00:00+00:00</updated>"
    )
    by = " &amp;#32; submitted by &amp;#32; &lt;a href=&quot;x&quot;&gt; /u/ann &lt;/a&gt; &lt;br/&gt; &lt;span&gt;&lt;a href=&quot;y&quot;&gt;[link]&lt;/a&gt;&lt;/span&gt; &amp;#32; &lt;span&gt;&lt;a href=&quot;z&quot;&gt;[comments]&lt;/a&gt;&lt;/span&gt;"
    text = "&lt;!-- SC_OFF --&gt;&lt;div class=&quot;md&quot;&gt;&lt;p&gt;They still lift.&lt;/p&gt; &lt;/div&gt;&lt;!-- SC_ON --&gt;"
    written = entry(f"{shared}<content type='html'>{text}{by}</content>")
    assert (written.title, written.author, written.categories) == ("Old cranes", "/u/ann", ("r/cranes",))
    assert written.excerpt == "They still lift."
    assert entry(f"{shared}<content type='html'>{by}</content>").excerpt == ""


def test_a_short_message_has_no_title_but_words_and_a_picture():
    found = item(
        "<guid isPermaLink='true'>https://social.example.org/@ann/1</guid><link>https://social.example.org/@ann/1</link>"
        "<pubDate>Tue, 02 Dec 2025 12:00:00 +0000</pubDate>"
        "<description>&lt;p&gt;High tide at the &lt;a href=&quot;https://social.example.org/tags/quay&quot;&gt;#&lt;span&gt;quay"
        "&lt;/span&gt;&lt;/a&gt; this morning.&lt;/p&gt;&lt;p&gt;Mind your feet!&lt;/p&gt;</description>"
        "<media:content url='https://files.example.org/1.jpg' type='image/jpeg' fileSize='1' medium='image'>"
        "<media:description type='plain'>Water on stones</media:description></media:content><category>quay</category>",
        whole="",
    )
    assert found.title == "High tide at the #quay this morning. Mind your feet!"
    assert (found.excerpt, found.image) == ("", "https://files.example.org/1.jpg")
    assert found.url == found.key == "https://social.example.org/@ann/1"


def test_a_post_of_a_blog():
    feed = read(
        rss(
            "<title>Why cranes don&#8217;t sleep</title><link>https://blog.example.org/cranes/</link>"
            "<comments>https://blog.example.org/cranes/#respond</comments><dc:creator><![CDATA[Ann Example]]></dc:creator>"
            "<pubDate>Tue, 02 Dec 2025 12:00:00 +0000</pubDate><category><![CDATA[Machines]]></category>"
            "<guid isPermaLink='false'>https://blog.example.org/?p=7</guid>"
            "<description><![CDATA[<p>They stand all night. [&#8230;]</p>\n<p>The post <a href='x'>Why cranes don&#8217;t"
            " sleep</a> first appeared on <a href='y'>Quay Blog</a>.</p>\n]]></description>"
            "<content:encoded><![CDATA[<figure><img src='https://blog.example.org/c.jpg' width='1024' height='683'/>"
            "<figcaption>At night</figcaption></figure><p>They stand all night.</p>]]></content:encoded>"
            "<slash:comments>3</slash:comments>",
            channel="<title>Quay Blog</title><link>https://blog.example.org</link><language>en-US</language>"
            "<sy:updatePeriod>hourly</sy:updatePeriod><image><url>https://blog.example.org/icon.png</url>"
            "<title>Icon</title><link>https://blog.example.org</link><width>32</width><height>32</height></image>",
        )
    )
    (found,) = feed.entries
    assert feed.title == "Quay Blog"
    assert found.title == "Why cranes don’t sleep"
    assert (found.key, found.url) == ("https://blog.example.org/?p=7", "https://blog.example.org/cranes/")
    assert found.excerpt == "They stand all night."
    assert (found.image, found.width, found.height) == ("https://blog.example.org/c.jpg", 1024, 683)
    assert found.categories == ("Machines",)
