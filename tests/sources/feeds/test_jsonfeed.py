"""JSON Feed 1.0 and 1.1, and JSON that is none."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from digest.errors import FeedError
from digest.model import Entry
from tests.sources.feeds.shapes import read

FEED = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "Quay",
    "home_page_url": "https://quay.example.org/",
    "language": "en-GB",
    "authors": [{"name": "Ann Example"}],
}
ITEM = {"id": "crane-1", "url": "https://quay.example.org/crane", "title": "A crane", "content_text": "It lifts."}


def feed(*items: Any, **fields: Any) -> str:
    return json.dumps(FEED | {"items": items} | fields)


def item(**fields: Any) -> Entry:
    (only,) = read(feed(ITEM | fields)).entries
    return only


def test_a_feed_and_its_entry():
    found = read(
        feed(
            ITEM
            | {
                "summary": "Short.",
                "image": "/crane.jpg",
                "date_published": "2025-12-02T13:00:00+01:00",
                "date_modified": "2025-12-03T00:00:00Z",
                "authors": [{"name": "Ben Example"}, {"name": "Cy Example", "url": "https://cy.example.org"}],
                "tags": ["Machines", "cranes"],
                "language": "de",
            }
        )
    )
    assert (found.title, found.site, found.language) == ("Quay", "https://quay.example.org/", "en-gb")
    assert found.entries == (
        Entry(
            key="crane-1",
            title="A crane",
            url="https://quay.example.org/crane",
            published=datetime(2025, 12, 2, 12, tzinfo=UTC),
            updated=datetime(2025, 12, 3, tzinfo=UTC),
            excerpt="Short.",
            author="Ben Example, Cy Example",
            categories=("Machines", "cranes"),
            image="https://quay.example.org/crane.jpg",
            language="de",
        ),
    )
    assert found.faults == ()


def test_what_an_entry_does_not_say_the_feed_says_for_it():
    assert (item().author, item().language, item().excerpt) == ("Ann Example", "en-gb", "It lifts.")


def test_version_1_has_one_author():
    assert item(author={"name": "Ben Example"}).author == "Ben Example"


def test_a_link_to_elsewhere_is_the_source_or_else_the_page():
    elsewhere = "https://harbour.example.com/story"
    assert item(external_url=elsewhere).source == elsewhere
    alone = item(url="", external_url=elsewhere)
    assert (alone.url, alone.source) == (elsewhere, "")


def test_text_is_text_and_html_is_html():
    assert item(title="The <b> tag &amp; I").title == "The <b> tag &amp; I"
    assert item(content_text="", content_html="<p>It <b>lifts</b> &amp; turns.</p>").excerpt == "It lifts & turns."
    assert item(content_text="", content_html="<p><script>x()</script></p>").excerpt == ""


def test_a_short_message_needs_no_title():
    found = item(title=None)
    assert (found.title, found.excerpt) == ("It lifts.", "")


def test_pictures_may_be_banners_attachments_or_in_the_text():
    assert item(banner_image="https://quay.example.org/b.png").image == "https://quay.example.org/b.png"
    attached = [{"url": "/talk.mp3", "mime_type": "audio/mpeg"}, {"url": "/a.png", "mime_type": "image/png"}]
    assert item(attachments=attached).image == "https://quay.example.org/a.png"
    assert item(content_html='<img src="c.png">').image == "https://quay.example.org/feeds/c.png"


def test_an_id_may_be_a_number():
    assert item(id=7).key == "7"


@pytest.mark.parametrize("wrong", [None, 7, "x", [], {}, True, [None, 7], [["x"]]])
def test_values_of_another_kind_are_passed_over(wrong: Any):
    fields = (
        "id",
        "url",
        "external_url",
        "summary",
        "image",
        "date_published",
        "authors",
        "author",
        "tags",
        "attachments",
    )
    found = item(**dict.fromkeys(fields, wrong))
    assert found.title == "A crane"
    assert [one.title for one in read(feed(wrong, ITEM, title=wrong, language=wrong)).entries][-1:] == ["A crane"]


def test_a_mark_and_blanks_may_stand_before_it():
    assert len(read("\ufeff\n " + feed(ITEM)).entries) == 1
    assert len(read(feed(ITEM).encode("utf-16")).entries) == 1


def test_no_more_than_five_hundred_entries_are_read():
    found = read(feed(*(ITEM | {"id": number} for number in range(600))))
    assert len(found.entries) == 500
    assert found.faults == ("has more than 500 entries; the first are read",)


@pytest.mark.parametrize(
    ("written", "what"),
    [
        ('{"items": [', "is no JSON that can be read"),
        ('{"error": "too many requests"}', "is JSON, but no JSON Feed"),
        ("[1, 2]", "is JSON, but no JSON Feed"),
        ('{"items": {}}', "is JSON, but no JSON Feed"),
        ('{"items": ' + "[" * 100_000, "is no JSON that can be read"),
        ('{"items": [' + "9" * 10_000 + "]}", "is no JSON that can be read"),
    ],
)
def test_other_json_is_said_to_be_no_feed(written: str, what: str):
    with pytest.raises(FeedError, match=what):
        read(written, media_type="application/json")


@pytest.mark.parametrize("much", ["{}", "[]"])
def test_json_that_would_take_much_memory_is_not_read(much: str):
    with pytest.raises(FeedError, match="too much"):
        read(feed().replace('"items": []', '"items": [' + f"{much}," * 500_000 + "1]"))
