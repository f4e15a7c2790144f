"""Article files are untrusted: whatever bytes one holds, it becomes an article or a problem."""

from pathlib import Path
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from digest.model import Article, Problem
from digest.sources.files import Folder

FOLDER = Folder(
    Path("/nowhere/posts"),
    ZoneInfo("Pacific/Apia"),
    site_url="https://example.org",
    article_url="https://example.org/{category}/{year}/{slug}",
    static=(Path("/nowhere/static"),),
)
NAMES = st.sampled_from(
    [
        *("title", "date", "excerpt", "cover", "coverImage", "image", "author", "category", "categories"),
        *("tags", "source", "slug", "draft", "published", "pin"),
    ]
)
VALUES = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        ["2025-12-03", "9999-12-31T23:59:59-12", "0001-01-01", "https://", "//[", "/a.png", "../../x.png", "\\ud800"]
    ),
    st.sampled_from(
        ["[a, {name: b}]", "{url: x}", "!!python/object:os.system x", "&a [*a]", ">-\n  folded", "'", "- "]
    ),
)
HEADED = st.lists(st.tuples(NAMES, VALUES), max_size=8).map(
    lambda fields: "\n".join(["---", *(f"{name}: {value}" for name, value in fields), "---", "# Body\n\nText <b>"])
)
SCALARS = st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20)
JSON = st.dictionaries(
    NAMES, st.one_of(SCALARS, st.lists(SCALARS, max_size=3), st.dictionaries(NAMES, SCALARS, max_size=3)), max_size=6
)


def check(data: bytes, suffix: str = ".md") -> None:
    results = list(FOLDER.parse(FOLDER.root / f"a{suffix}", data))
    assert results
    for result in results:
        assert isinstance(result, Article | Problem)
        assert "\n" not in str(result)
        if isinstance(result, Article):
            assert result.title
            repr(result).encode()
            (result.title + result.excerpt + result.category + result.author + result.key + result.url).encode()


@given(st.binary(max_size=400))
def test_arbitrary_bytes_never_raise(data: bytes):
    check(data)


@given(
    st.binary(max_size=200),
    st.sampled_from([b"---\n", b"+++\n", b"{\n"]),
    st.sampled_from([b"\n---\n", b"\n+++\n", b"\n}\n"]),
)
def test_arbitrary_bytes_between_fences_never_raise(data: bytes, opening: bytes, closing: bytes):
    check(opening + data + closing + data)


@given(HEADED, st.sampled_from([".md", ".mdx", ".html"]))
def test_arbitrary_fields_never_raise(text: str, suffix: str):
    check(text.encode("utf-8", "surrogatepass"), suffix)


@given(JSON)
def test_arbitrary_values_of_other_types_never_raise(fields: dict[str, object]):
    import json

    check(json.dumps({"title": "T", "date": "2025-12-03", **fields}, indent=1).encode())
