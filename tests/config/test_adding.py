"""Sources added to a configuration file that somebody wrote by hand."""

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.config.adding import sources, with_sources

QUAY = {"feed": "https://quay.example.org/feed", "name": 'The "Quay"', "category": "Häfen"}
WRITTEN = """# ours
[site]   # the site
title = 'Quay'

[[sources]]
files = "content"
[sources.fields]
category = "rubric"

# who sends
[smtp]
host = "127.0.0.1"
"""


def test_a_source_stands_at_the_end_and_all_else_is_as_it_was():
    assert with_sources(WRITTEN, [QUAY, {"feed": "https://tide.example.org/"}]) == WRITTEN + (
        '\n[[sources]]\nfeed = "https://quay.example.org/feed"\nname = "The \\"Quay\\""\ncategory = "Häfen"\n'
        '\n[[sources]]\nfeed = "https://tide.example.org/"\n'
    )


def test_sources_that_are_written_as_a_list_stay_one():
    text = 'sources = [\n  { files = "content" },  # ours\n]\n[site]\ntitle = "Quay"\n'
    added = with_sources(text, [QUAY])
    assert sources(added) == ({"files": "content"}, QUAY)
    assert "# ours" in added
    assert added.endswith('[site]\ntitle = "Quay"\n')
    assert sources(with_sources("sources = []\n", [QUAY])) == (QUAY,)


@pytest.mark.parametrize(
    "text", ["", "[site]\ntitle = 'x'", "[site]\r\ntitle = 'x'\r\n", "\ufeff[site]\n", "# no more\n"]
)
def test_a_file_may_have_none_yet(text: str):
    added = with_sources(text, [QUAY])
    assert added.startswith(text)
    assert sources(added) == (QUAY,)
    assert ("\r\n" in added) == ("\r\n" in text)
    assert added.replace("\r\n", "").count("\n") == (0 if "\r\n" in text else added.count("\n"))


def test_nothing_is_written_for_nothing():
    assert with_sources(WRITTEN, []) == WRITTEN


@pytest.mark.parametrize("text", ["[site", "sources = 7", "[sources]\nfeed = 'x'\n", "sources = [1]"])
def test_a_file_that_cannot_take_sources_is_not_touched(text: str):
    with pytest.raises(ValueError, match=r"sources|declaration"):
        sources(text)


VALUES = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)


@given(
    st.lists(st.fixed_dictionaries({"feed": VALUES}, optional={"name": VALUES, "category": VALUES}), max_size=4),
    st.sampled_from(
        [WRITTEN, WRITTEN.replace("\n", "\r\n"), "", "sources = []\n", 'sources = [{files = "a"}]\n[site]\n']
    ),
)
def test_whatever_is_added_is_what_is_read(added: list[dict[str, str]], text: str):
    before: dict[str, Any] = tomllib.loads(text)
    after = tomllib.loads(with_sources(text, added))
    assert after == before | ({"sources": [*before.get("sources", []), *added]} if added else {})
