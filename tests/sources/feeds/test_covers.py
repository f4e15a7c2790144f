"""The covers of feeds: what an entry shows, whatever it is called, and no speck that counts readers."""

import pytest

from tests.sources.feeds.shapes import item


@pytest.mark.parametrize(
    ("written", "image"),
    [
        ('<media:content url="/a.jpg" medium="image" width="1200" height="630"/>', ("a.jpg", 1200, 630)),
        (
            '<media:content url="/s.jpg" medium="image" width="9"/><media:content url="/l.jpg" medium="image" width="800"/>',
            ("l.jpg", 800, 0),
        ),
        ('<media:content url="/film.mp4" type="video/mp4"/><media:thumbnail url="/t.jpg"/>', ("t.jpg", 0, 0)),
        ('<media:group><media:content url="/g.png" type="image/png"/></media:group>', ("g.png", 0, 0)),
        ('<enclosure url="/e.png" type="image/png" length="9"/>', ("e.png", 0, 0)),
        ('<enclosure url="/talk.mp3" type="audio/mpeg" length="9"/>', None),
        ('<itunes:image href="/i.png"/>', ("i.png", 0, 0)),
        ("<description>&lt;img src='/d.png' width='600' height=400&gt; Text</description>", ("d.png", 600, 400)),
        ("<content:encoded><![CDATA[<p>x</p><img alt='a > b' src=/c.png>]]></content:encoded>", ("c.png", 0, 0)),
        (
            "<description><![CDATA[<img src='/dot.gif' width='1' height='1'><img src='/d.png'>]]></description>",
            ("d.png", 0, 0),
        ),
        ('<media:thumbnail url="/icon.png" width="30" height="30"/>', None),
        ("<description><![CDATA[<img src='https://feeds.feedburner.com/~r/q/1'>]]></description>", None),
        ("<description><![CDATA[<img src='https://feeds.example.org/~ff/q/1'>]]></description>", None),
        (
            "<description><![CDATA[<img src='https://s.example.org/images/core/emoji/72x72/1f600.png'>]]></description>",
            None,
        ),
        ("<description><![CDATA[<img class='wp-smiley' src='/smile.png'>]]></description>", None),
        ("<description><![CDATA[<img src='data:image/gif;base64,R0lGOD'>]]></description>", None),
        ("<description><![CDATA[<img src='javascript:alert(1)'>]]></description>", None),
    ],
)
def test_the_cover_is_the_first_picture_that_is_one(written: str, image: tuple[str, int, int] | None):
    found = item(written)
    assert (found.image, found.width, found.height) == (
        (f"https://quay.example.org/{image[0]}", *image[1:]) if image else ("", 0, 0)
    )
