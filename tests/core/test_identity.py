"""When two articles are one, and two categories the same."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.identity import canonical_url, category_key, site_key, title_key

PAGE = "example.org/story"


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/story",
        "http://example.org/story",
        "HTTPS://WWW.Example.ORG/story/",
        "https://example.org:443/story",
        "http://example.org:80/story",
        "https://example.org./story",
        "https://reader:secret@example.org/story",
        "https://example.org/story#comments",
        "https://example.org/story?",
        "https://example.org/story/?utm_source=feed&utm_medium=rss#top",
        "https://example.org/story?fbclid=a&gclid=b&mc_cid=c&mc_eid=d&igshid=e&ref_src=f",
        "https://example.org/story?UTM_Campaign=x",
        "https://example.org/story?src=rss",
        "  https://example.org/story\n",
    ],
)
def test_the_ways_to_write_one_page_are_one_page(url: str):
    assert canonical_url(url) == PAGE


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("https://example.org", "example.org"),
        ("https://example.org:8443/a", "example.org:8443/a"),
        ("http://example.org:443/a", "example.org:443/a"),
        ("https://example.org/Story", "example.org/Story"),
        ("https://example.org/?b=2&utm_source=x&a=%2f+1&B", "example.org?b=2&a=%2f+1&B"),
        ("https://example.org/a?ref=main&src=photo.png", "example.org/a?ref=main&src=photo.png"),
        ("https://blog.example.org/a", "blog.example.org/a"),
        ("https://www.org/a", "www.org/a"),
        ("https://[2001:DB8::1]:443/a", "[2001:db8::1]/a"),
        ("https://例え.example.org/記事/", "例え.example.org/記事"),
    ],
)
def test_what_names_the_page_stays(url: str, canonical: str):
    assert canonical_url(url) == canonical


@pytest.mark.parametrize(
    "text",
    [
        "",
        "story",
        "/story",
        "//example.org/story",
        "example.org/story",
        "mailto:desk@example.org",
        "javascript:alert(1)",
        "ftp://example.org/story",
        "http://",
        "http:///story",
        "http://[::1",
        "http://example.org:port/",
        "http://example.org:99999/",
        "http://exa mple.org/",
        "http://example.org\u2100/",
        "http://example.org/\x00",
        "http://example.org/\ud800",
    ],
)
def test_what_is_no_web_address_has_no_canonical_form(text: str):
    assert canonical_url(text) == ""


@given(st.text() | st.text().map("http://".__add__) | st.text(alphabet="[]@:/?#&=%.\\ w\x00é").map("https://".__add__))
@example("http://[::1")
@example("https://a]b[/")
def test_no_garbage_can_make_a_canonical_url_raise(text: str):
    assert isinstance(canonical_url(text), str)


@given(
    host=st.sampled_from(["example.org", "www.example.org", "EXAMPLE.net:8080", "www.example.com."]),
    path=st.text(alphabet="ab/%-.", max_size=8),
    query=st.lists(st.sampled_from(["a=1", "b", "utm_x=2", "fbclid=", "c=%26", ""]), max_size=5),
)
def test_a_canonical_url_is_its_own_canonical_form(host: str, path: str, query: list[str]):
    canonical = canonical_url(f"http://{host}/{path}?{'&'.join(query)}")
    assert canonical
    assert canonical_url(f"http://{canonical}") == canonical


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Amazon's best day", "AMAZON’S  best day!"),
        ("Trains – on time", "Trains: on time…"),
        ("“Quoted” news", "Quoted news"),
        ("🚆 Trains are back ❤️", "Trains are back"),
        ("Ｆｕｌｌ width", "Full width"),
        ("Straße", "STRASSE"),
        ("soft\u00adhyphen\u200b", "softhyphen"),
        ("caf\u00e9", "cafe\u0301"),
        ("「城市」新聞!", "城市 新聞"),
        ("أخبار، المدينة؟", "أخبار المدينة"),
        ("Live #AI talks", "Live AI talks"),
    ],
)
def test_titles_that_differ_in_dress_only_have_one_key(one: str, other: str):
    assert title_key(one) == title_key(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [("Learn C++", "Learn C#"), ("GPT 4.1", "GPT 41"), ("今日新闻", "今日天气"), ("Part 1", "Part 2"), ("कि", "का")],
)
def test_titles_that_differ_in_words_have_two_keys(one: str, other: str):
    assert title_key(one) != title_key(other)


@pytest.mark.parametrize("title", ["", "   ", "?!", "—", "🚆❤️", "+ #"])
def test_a_title_without_words_has_no_key(title: str):
    assert title_key(title) == ""


@pytest.mark.parametrize(
    ("category", "key"),
    [
        ("General AI", "general-ai"),
        ("  general   ai ", "general-ai"),
        ("Arts & Culture", "arts-culture"),
        ("Editor’s picks", "editors-picks"),
        ("news;sport,weather", "news-sport-weather"),
        ("a/b", "a-b"),
        ("snake_case", "snake-case"),
        ("C++", "c++"),
        ("C#", "c#"),
        ("Überblick", "überblick"),
        ("新聞", "新聞"),
        ("أخبار المدينة", "أخبار-المدينة"),
        ("🔥", ""),
        ("", ""),
    ],
)
def test_a_category_key_is_its_words_joined(category: str, key: str):
    assert category_key(category) == key


@given(st.text())
def test_keys_are_stable_and_free_of_separators(text: str):
    key = category_key(text)
    assert category_key(key) == key
    assert title_key(title_key(text)) == title_key(text)
    assert not set(key) & set(";,/ \t\r\n\x00")


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("https://www.Example.org/a/b?c=d", "example.org"),
        ("https://example.org?page=/2", "example.org"),
        ("http://example.org:8080/", "example.org:8080"),
        ("content/posts/a.md", ""),
        ("", ""),
    ],
)
def test_a_site_is_known_by_its_host(url: str, site: str):
    assert site_key(url) == site
