"""Article files are untrusted: whatever bytes one holds, it becomes an article or a problem."""

import io
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import ArticleError
from digest.model import Article, Problem
from digest.sources import front_matter
from digest.sources.defects import FormatError
from digest.sources.files import Folder
from digest.sources.formats import Handler
from digest.sources.mending import mended
from tests.sources.bombs import BOMBS

ROOT = Path(__file__).parents[2]

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
# What formats are made of, in any order: no author writes so, but every way through the reader is gone.
LINES = st.lists(
    st.sampled_from(
        [
            *("---", "----", "...", "+++", ";;;", "{", "}", "<!--", "-->", "", "   ", "\t", "---toml", "---json"),
            *(
                "title: T",
                "Title: T",
                "date: 2025-12-03",
                "date = 2025-02-31",
                'title = "T"',
                '"title": "T",',
                "title: A: b",
            ),
            *(
                ".. title: T",
                "  date: 2025",
                "\t- a",
                "- a",
                "tags: [a",
                "tags:",
                "    b",
                "a: &a [*a]",
                "x: !y z",
                "# A",
            ),
            *(
                "[extra]",
                "[[extra]]",
                "a.b = 1",
                "title: >-",
                "title: 'x",
                "Text of a body.",
                "{{ a }}",
                "{% b %}",
                "\ufeff",
            ),
        ]
    ),
    max_size=14,
)
ENDINGS = st.sampled_from(["\n", "\r\n", "\r"])
ENCODINGS = st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "cp1252"])
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


@given(LINES, ENDINGS, ENCODINGS)
def test_lines_of_every_format_never_raise(lines: list[str], ending: str, encoding: str):
    check(ending.join(lines).encode(encoding, "replace"))


@given(st.binary(max_size=200), st.sampled_from(front_matter.HANDLERS), ENDINGS)
def test_what_a_format_says_is_fields_or_an_error(data: bytes, handler: Handler, ending: str):
    text = front_matter.decode(data.replace(b";", ending.encode()))[0]
    with suppress(FormatError):
        fields, defects = mended(handler.parse, front_matter.without_strays(text))
        assert isinstance(fields, dict)
        assert all(defect.what and defect.line > 0 for defect in defects)


@given(LINES, ENDINGS, st.integers(60, 120))
def test_the_beginning_of_a_file_says_of_its_fields_what_the_file_says(lines: list[str], ending: str, first: int):
    data = ending.join(lines).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(front_matter, "_FIRST_LOOK", first)
        beginning = front_matter.opening(io.BytesIO(data))
    whole, part = (_front(piece) for piece in (data, beginning))
    assert (part.fields if part else None) == (whole.fields if whole else None)


def _front(data: bytes) -> front_matter.FrontMatter | None:
    try:
        return front_matter.split("a.md", front_matter.decode(data)[0])
    except ArticleError:
        return None


def test_no_file_takes_long_or_much_memory():
    """In a process of its own: what hangs is killed by its alarm, what takes too much memory gets a MemoryError."""
    run = subprocess.run(
        [sys.executable, "-m", "tests.sources.bombs"], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert run.returncode == 0, f"{run.stdout}{run.stderr}"
    assert run.stdout.count("\n") == len(BOMBS)
