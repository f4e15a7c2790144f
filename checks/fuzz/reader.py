"""Bytes that nobody thought of, for the reader of article files: `python checks/fuzz/reader.py [OPTIONS OF LIBFUZZER]`.

It begins with the files in ``seeds``, which have no suffix since not all of them are text, and goes on until it is
stopped, or for ``-max_total_time=SECONDS``. What it finds to crash, to hang or to fill the memory is written to the
folder for temporary files, and its path told; given that path, it reads that file alone.
"""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path
from zoneinfo import ZoneInfo

import atheris

with atheris.instrument_imports(include=["digest.sources"]):
    from digest.model import Article
    from digest.sources import front_matter, reading, yaml_fields
    from digest.sources.defects import FormatError
    from digest.sources.files import Folder

HERE = Path(__file__).parent
SUFFIXES = (".md", ".mdx", ".html")
OPTIONS = ("-timeout=5", "-rss_limit_mb=1024", "-max_len=8192", f"-dict={HERE / 'reader.dict'}")
FOLDER = Folder(
    Path("/nowhere/posts"),
    ZoneInfo("Pacific/Apia"),
    site_url="https://example.org",
    article_url="https://example.org/{category}/{year}/{slug}",
    static=(Path("/nowhere/static"),),
)


def look(data: bytes) -> None:
    """Whatever a file holds, it becomes articles and problems, and its beginning alone is no trouble either."""
    path = FOLDER.root / f"2025-12-03-story{SUFFIXES[len(data) % len(SUFFIXES)]}"
    results = list(FOLDER.parse(path, data))
    assert results
    for found in results:
        assert "\n" not in str(found)
        repr(found).encode()
        if isinstance(found, Article):
            (found.title + found.excerpt + found.category + found.author + found.key + found.url).encode()
    reading.when(FOLDER, path, path.name, front_matter.opening(io.BytesIO(data)))
    compare(front_matter.without_strays(front_matter.decode(data)[0]))


def compare(source: str) -> None:
    """What is read quickly is what libyaml reads."""
    try:
        quick, _ = yaml_fields.read(source)
        exact, _ = yaml_fields._exactly(source)
    except FormatError:
        return
    assert not isinstance(exact, dict) or nothing(quick) == nothing(exact), (quick, exact)


def nothing(value: object) -> object:
    """The value with all ways to write nothing alike."""
    match value:
        case dict():
            return {nothing(key): nothing(item) for key, item in value.items()}
        case list():
            return [nothing(item) for item in value]
    return "" if value in {None, "~", "null", "Null", "NULL"} else value


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="corpus-") as corpus:
        found = f"-artifact_prefix={tempfile.gettempdir()}/"
        given = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
        atheris.Setup(
            [sys.argv[0], *OPTIONS, found, *sys.argv[1:], *([] if given else (corpus, str(HERE / "seeds")))], look
        )
        atheris.Fuzz()


if __name__ == "__main__":
    main()
