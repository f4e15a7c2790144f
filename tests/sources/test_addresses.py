"""URLs that may stand in a mail."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.sources.addresses import web_url


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org",
        "http://example.org:8080/a?b=c&copy=2&d=%20#e",
        "https://example.org/?a=1&amp;b=2",
        "https://example.org/a;b,c(d)'e!*~[0]@$",
        "https://[2001:db8::1]/a",
        "https://192.0.2.1/",
        "https://Example.ORG/Path",
        "https://my_bucket.example.org/%2F%zz",
    ],
)
def test_a_url_that_is_right_stays_byte_for_byte(url: str):
    assert web_url(url) == url
    assert web_url(f"  {url}\n") == url


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("//example.org/a", "https://example.org/a"),
        ("HTTPS://example.org/a", "https://example.org/a"),
        ("https://example.org/a b", "https://example.org/a%20b"),
        ("https://example.org/ü?q=日", "https://example.org/%C3%BC?q=%E6%97%A5"),
        ('https://example.org/"><b>', "https://example.org/%22%3E%3Cb%3E"),
        ("https://bücher.example:8080/a", "https://xn--bcher-kva.example:8080/a"),
        ("https://straße.example/", "https://xn--strae-oqa.example/"),
    ],
)
def test_what_a_url_cannot_hold_is_written_as_one_can(written: str, url: str):
    assert web_url(written) == url


@pytest.mark.parametrize(
    "written",
    [
        *(
            "",
            "example.org",
            "/a",
            "javascript:alert(1)",
            "ftp://example.org",
            "https://",
            "https:///a",
            "https:example.org",
        ),
        *("https://user:pass@example.org/", "https://good.example\\@evil.example/", "https://exa mple.org/"),
        *(
            "https://example.org/a\nb",
            "https://example.org/\x00",
            "https://example.org:99999/",
            "https://example.org:x/",
        ),
        *("https://[::1/", "https://exam<ple.org/", "https://..", "https://example.org/\ud800", "data:text/html,x"),
        "https://example.org/" + "a" * 5000,
    ],
)
def test_what_may_not_stand_in_a_mail_is_nothing(written: str):
    assert web_url(written) == ""


@given(st.one_of(st.text(), st.text().map("https://".__add__), st.text().map("https://example.org/".__add__)))
def test_no_text_makes_more_than_a_plain_ascii_url(text: str):
    url = web_url(text)
    assert re.fullmatch(r"(https?://[!-~]+)?", url)
    assert not re.search(r"[\"<>\\`{}|^]", url)
    assert web_url(url) == url
