"""The beginning of a file: as much of it as its front matter takes, and hardly more."""

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.sources import front_matter
from digest.sources.front_matter import decode, opening, split


class Counted(io.BytesIO):
    reads = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self.reads += 1
        return super().read(size)


@pytest.mark.parametrize(
    "head",
    [
        "---\ntitle: T\n---\n",
        "---\r\ntitle: T\r\n---\r\n",
        "---\rtitle: T\r---\r",
        "Title: T\n\n",
        '{"title": "T"}\n',
        "+++\ntitle = 'T'\n+++\n",
        "# No front matter\n",
        "# No front matter\n\n- A list\n",
        "\n" * 100 + "---\ntitle: T\n---\n",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_one_short_read_is_enough_for_a_file(head: str, encoding: str):
    file = Counted((head + "é" * 100_000).encode(encoding))
    data = opening(file)
    assert file.reads == 1
    assert len(data) <= 4096
    text, fault = decode(data)
    assert fault == ""
    assert split("a.md", text).fields == split("a.md", decode(file.getvalue())[0]).fields


@pytest.mark.parametrize("length", [3_000, 4_070, 5_000, 30_000, 250_000])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("front", ["---\na: {}\ndate: x\n---\n", "Date: x\nA: {}\n\n", '{{"a": "{}", "date": "x"}}\n'])
def test_a_long_front_matter_is_read_to_its_end(length: int, encoding: str, front: str):
    data = (front.format("é" * length) + "Body. " * 500_000).encode(encoding)
    beginning = opening(io.BytesIO(data))
    assert split("a.md", decode(beginning)[0]).fields == {"a": "é" * length, "date": "x"}
    assert len(beginning) < 3 * len(front.format("é" * length).encode(encoding)) + 8192


@pytest.mark.parametrize("beginning", ["# why\n", "\n\n", "# why\n\n"])
def test_a_long_front_matter_that_begins_with_a_comment_is_read_to_its_end(beginning: str):
    data = f"---\n{beginning}a: {'x' * 5_000}\ndate: 2025-12-03\n---\n".encode() + b"Body. " * 10_000
    assert split("a.md", decode(opening(io.BytesIO(data)))[0]).fields["date"] == "2025-12-03"


def test_whether_a_rule_at_the_top_is_a_fence_is_told_by_the_whole_file():
    data = b"---\n\nA line and prose.\n" + b"More. \n" * 10_000
    assert opening(io.BytesIO(data)) == data


def test_an_endless_front_matter_is_not_read_to_its_end():
    file = io.BytesIO(b"---\n" + b"a: b\n" * 1_000_000)
    assert len(opening(file)) <= 4 * front_matter.FRONT_MATTER_MAXIMUM


@given(st.integers(0, 40), st.sampled_from(["é", "😀", "a"]), st.sampled_from(["utf-8", "utf-16"]))
def test_a_beginning_never_ends_inside_a_character(offset: int, letter: str, encoding: str):
    data = ("---\n---\n" + "x" * offset + letter * 5_000).encode(encoding)
    assert decode(opening(io.BytesIO(data)))[1] == ""


@given(st.text(st.sampled_from("ab:- \n\t#'\"[]{}é=+;.>"), max_size=120), st.sampled_from(["---\n", "+++\n", "{", ""]))
def test_the_beginning_of_a_short_file_is_the_file(text: str, fence: str):
    data = (fence + text).encode()
    assert opening(io.BytesIO(data)) == data


def test_a_field_is_read_from_a_real_file(tmp_path: Path):
    path = tmp_path / "a.md"
    path.write_bytes(b"---\ndate: '2025-12-03'\n---\nBody.\n" + b"x" * 50_000)
    with path.open("rb") as file:
        assert split("a.md", decode(opening(file))[0]).fields["date"] == "2025-12-03"
