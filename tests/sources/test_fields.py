"""The table of names: what stands for what, which comes first, and what a value becomes."""

from typing import Any, get_args

import pytest

from digest.config.gathering import FieldName
from digest.sources.fields import CONTAINERS, URL_PARTS, Field, Fields, is_no
from digest.sources.front_matter import FrontMatter, plain_name, split


def fields(yaml: str, **own: tuple[str, ...]) -> Fields:
    return Fields.of(split("story.md", f"---\n{yaml}\n---\n"), own)


def held(values: dict[str, Any]) -> Fields:
    return Fields.of(FrontMatter({plain_name(name): value for name, value in values.items()}, "", "", 0))


EVERY_NAME = [(field, name) for field in Field for name in field.value if "." not in name]


@pytest.mark.parametrize(("field", "name"), EVERY_NAME, ids=lambda value: str(getattr(value, "name", value)))
def test_every_name_of_the_table_is_read_however_it_is_spelt(field: Field, name: str):
    snake = "".join(f"_{c.lower()}" if c.isupper() else c for c in name)
    for spelt in (name, snake, snake.replace("_", "-"), name.upper()):
        assert fields(f"{spelt}: What it says").text(field) == "What it says"


def test_of_several_names_the_first_of_the_table_wins_and_an_empty_one_gives_way():
    both = "description: Second\nexcerpt: First"
    assert list(fields(both).texts(Field.EXCERPT)) == ["First", "Second"]
    for empty in ("", "''", "~", "null", "[]", "{}", "[~, '']"):
        assert fields(f"description: Second\nexcerpt: {empty}").text(Field.EXCERPT) == "Second"


@pytest.mark.parametrize("container", CONTAINERS)
def test_what_generators_keep_in_a_table_of_its_own_counts_as_if_it_stood_at_the_top(container: str):
    inside = f"{container}:\n  author: Inside\n  cover_image: /a.png"
    assert fields(inside).text(Field.AUTHOR) == "Inside"
    assert fields(inside).text(Field.COVER) == "/a.png"
    assert fields(f"{inside}\nauthor: Outside").text(Field.AUTHOR) == "Outside"


def test_a_point_leads_into_an_object():
    assert fields("last_update:\n  date: 2025-12-03\n  author: City desk").text(Field.UPDATED) == "2025-12-03"
    assert fields("last_update: yesterday").text(Field.UPDATED) == ""
    assert is_no(fields("_build:\n  list: never").text(Field.LISTED))


def test_a_folder_s_own_names_come_before_the_usual_ones_and_may_have_points():
    yaml = "rubric: Own\nmeta:\n  about:\n    Desk: Deep\ncategory: Usual"
    assert fields(yaml, category=("rubric",)).text(Field.CATEGORY) == "Own"
    assert fields(yaml, category=("meta.about.desk",)).text(Field.CATEGORY) == "Deep"
    assert list(fields(yaml, category=("no-such", "Rubric")).texts(Field.CATEGORY)) == ["Own", "Usual"]
    assert fields(yaml, title=("rubric",)).text(Field.CATEGORY) == "Usual"


def test_what_is_found_knows_its_name_and_that_its_line():
    told = fields("title: T\nlast_update:\n  date: 2025-12-03\npub-date: soon")
    assert [(f.text, told.line(f.name)) for f in told.found(Field.DATE)] == [("soon", 5)]
    assert [told.line(f.name) for f in told.found(Field.UPDATED)] == [3]


@pytest.mark.parametrize(
    ("yaml", "said"),
    [
        ("category: Food, drink", ["Food, drink"]),
        ("categories: City, Sports", ["City"]),
        ("topics: [City, Sports]", ["City"]),
        ("type: post\nkicker: From the harbour", ["From the harbour"]),
        ("type: Interview", ["Interview"]),
        ("section: City\ncategory: Boats", ["Boats", "City"]),
        ("categories: ', '\nseries: Forty gardens", ["Forty gardens"]),
    ],
)
def test_what_sorts_an_article(yaml: str, said: list[str]):
    assert list(fields(yaml).categories()) == said


@pytest.mark.parametrize(
    ("yaml", "tags"),
    [
        ("tags: [Harbour, 'Night ferry']", ("Harbour", "Night ferry")),
        ("tags: Harbour, Night ferry", ("Harbour", "Night ferry")),
        ("tags: harbour ferry", ("harbour", "ferry")),
        ("keywords: night ferry", ("night ferry",)),
        ("tags: 港口、渡轮", ("港口", "渡轮")),
        ("tags: ''\nkeywords: [Harbour]", ("Harbour",)),
        ("tags:\n  - name: Harbour\n  - label: Ferry", ("Harbour", "Ferry")),
    ],
)
def test_lists_may_be_lists_or_texts(yaml: str, tags: tuple[str, ...]):
    assert fields(yaml).several(Field.TAGS, commas=True) == tags


@pytest.mark.parametrize(
    "cover",
    [
        *("/a.png", ["/a.png", "/b.png"], {"src": "/a.png"}, {"image": "/a.png", "alt": "x"}),
        *([{"url": "/a.png"}], [{"name": "cover", "src": "/a.png"}], [None, {}, "/a.png"]),
    ],
)
def test_an_address_may_be_a_text_a_list_or_an_object(cover: Any):
    assert held({"cover": cover}).text(Field.COVER, URL_PARTS) == "/a.png"


@pytest.mark.parametrize(
    ("value", "text"),
    [(7, "7"), (1.5, "1.5"), (True, "true"), (False, "false"), (None, ""), ("  x ", "x"), (object(), ""), (10**99, "")],
)
def test_values_of_other_types_become_what_yaml_would_have_said(value: Any, text: str):
    assert held({"title": value}).text(Field.TITLE) == text


def test_yes_and_no_have_many_words():
    for yes in ("true", "Yes", "on", "1"):
        assert fields(f"pinned: {yes}").says_yes(Field.PINNED)
        assert not is_no(yes)
    for no in ("false", "No", "off", "0", "never"):
        assert is_no(no)


def test_every_name_that_may_be_set_is_a_row_of_the_table():
    assert {name.upper() for name in get_args(FieldName)} <= set(Field.__members__)
