"""From a file's bytes to its fields and body: every format, every encoding, and what is wrong with real ones."""

import json

import frontmatter
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import ArticleError
from digest.model import Article, Fault, Problem
from digest.sources import front_matter, yaml_fields
from digest.sources.formats import HANDLERS, Format
from digest.sources.front_matter import FrontMatter, decode, split
from tests.sources.conftest import Content

WHOLE = """---
title: >-
  Council's plan for the harbour is folded over
  two lines
date: '2025-12-03'
tags:
  - Harbour
  - City
---
Body.
"""


def read(text: str) -> FrontMatter:
    return split("story.md", decode(text.encode())[0])


def faults(front: FrontMatter) -> list[tuple[int, str]]:
    return [(defect.line, defect.what.partition(":")[0]) for defect in front.defects]


# --- formats ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("front", "kind"),
    [
        ('---\ntitle: "T: x"\ndate: 2025-12-03\ntags: [a, 7]\n---\nBody.', Format.YAML),
        ('---\ntitle: "T: x"\ndate: 2025-12-03\ntags: [a, 7]\n...\nBody.', Format.YAML),
        ('--- # meta\ntitle: "T: x"\ndate: 2025-12-03\ntags: [a, 7]\n---   \nBody.', Format.YAML),
        ('---yaml\ntitle: "T: x"\ndate: 2025-12-03\ntags: [a, 7]\n---\nBody.', Format.YAML),
        ('----\ntitle: "T: x"\ndate: 2025-12-03\ntags: [a, 7]\n----\nBody.', Format.YAML),
        ('+++\ntitle = "T: x"\ndate = 2025-12-03\ntags = ["a", 7]\n+++\nBody.', Format.TOML),
        ('---toml\ntitle = "T: x"\ndate = 2025-12-03\ntags = ["a", 7]\n---\nBody.', Format.TOML),
        ('{\n  "title": "T: x",\n  "date": "2025-12-03",\n  "tags": ["a", 7]\n}\n\nBody.', Format.JSON),
        ('{"title": "T: x", "date": "2025-12-03", "tags": ["a", 7]} Body.', Format.JSON),
        ('---json\n{"title": "T: x", "date": "2025-12-03", "tags": ["a", 7]}\n---\nBody.', Format.JSON),
        (';;;\n"title": "T: x",\n"date": "2025-12-03",\n"tags": ["a", 7],\n;;;\nBody.', Format.JSON),
        ("Title: T: x\nDate: 2025-12-03\nTags: a,\n    7\n\nBody.", Format.HEADERS),
        ("title: T: x\ndate: 2025-12-03\ntags: a, 7\n---\nBody.", Format.HEADERS),
        ("title: 'T: x'\ntags:\n- a\n- 7\ndate: 2025-12-03\n---\nBody.", Format.YAML),
        ("Title: T: x\nDate: 2025-12-03\nTags: a, 7\nBody.", Format.HEADERS),
        ("<!--\n.. title: T: x\n.. date: 2025-12-03\n.. tags: a, 7\n-->\n\nBody.", Format.HEADERS),
    ],
)
def test_every_format_gives_the_same_article(content: Content, front: str, kind: Format):
    article = content.article(front)
    assert article.title == "T: x"
    assert f"{article.published:%F %H}" == "2025-12-02 23"
    assert article.tags == ("a", "7")
    assert article.excerpt == "Body."
    assert read(front).format is kind


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Only text.\n",
        "---\n\nA line, and then text.\n\n---\n\nMore.",
        "---\nOne line between two.\n---\n",
        "Note: this is prose\nand goes on.",
        "Title: this is prose\nand goes on.",
        "http://example.org/\n\nA link.",
        "{% include top.html %}\n\nText.",
        "{/* a comment */}\n\nText.",
        "<!-- a comment -->\n\nText.",
        "# A heading\n\nText: with a colon.",
    ],
)
def test_a_text_without_front_matter_is_all_body(text: str):
    front = read(text)
    assert (front.format, front.fields, front.body, front.defects) == (Format.NONE, {}, text, ())


def test_the_handlers_serve_python_frontmatter_too():
    post = frontmatter.loads('---\ntitle: 1.10\nslug: "010"\n---\nBody.', handler=HANDLERS[0])
    assert (post.metadata, post.content) == ({"title": "1.10", "slug": "010"}, "Body.")


def test_a_title_alone_or_a_date_alone_may_head_a_text():
    assert read("Title: T\n\nBody.").fields == {"title": "T"}
    assert read("Date: 2025-12-03").fields == {"date": "2025-12-03"}


def test_a_field_knows_its_line_even_if_another_one_holds_its_name():
    front = read("\n---\ncover:\n  title: Of the picture\ntitle: T\n---\n")
    assert (front.line("title"), front.line("cover"), front.line("date")) == (5, 3, 0)
    assert read("\n<!--\n.. title: T\n.. pub-date: x\n-->\n").line("pubdate") == 4


# --- YAML is what its author wrote ---------------------------------------------------------------------------------------

AS_WRITTEN = ("2025", "1.10", "010", "1e3", "0x10", "0o7", "0b1", "+5", "-0", "0", "-7", ".inf", ".5", "1.", "1_000")
AS_WRITTEN += (
    "no",
    "Yes",
    "true",
    "True",
    "FALSE",
    "12:30",
    "2025-02-31",
    "2025-12-03 07:00 +0200",
    "99999999999999999999999",
)


@pytest.mark.parametrize("written", AS_WRITTEN)
@pytest.mark.parametrize(
    "source",
    [
        "a: {}",
        "a:   {}  # why",
        "a:\n  - {}",
        "a: [{}]",
        "a: [x,{}]",
        "a: {{b: {}}}",
        "a:\n  {}",
        "{}: a",
        '{{"a":{}}}',
    ],
)
def test_a_scalar_is_the_text_that_was_written(written: str, source: str):
    found, _ = yaml_fields.read(source.format(written))
    assert written in json.dumps(found)
    assert found == yaml.load(source.format(written), Loader=yaml.BaseLoader)


@pytest.mark.parametrize("written", ["", "~", "null"])
def test_nothing_is_an_empty_text(written: str):
    assert read(f"---\na: {written}\n---\n").fields == {"a": ""}


@pytest.mark.parametrize("tagged", ["!foo bar", "!!str bar", "!foo &x bar", "!!binary bar"])
def test_a_tag_means_nothing(tagged: str):
    assert read(f"---\na: {tagged}\nb: 7\n---\n").fields == {"a": "bar", "b": "7"}


PIECES = st.sampled_from(
    [
        *AS_WRITTEN,
        *("a", "b c", "- ", "? ", ": ", ":", "\n", "\n  ", "\n- ", "[", "]", "{", "}", ",", " ", '"', "'", "\\n"),
        *(
            "&a ",
            "*a",
            "!x ",
            "!!int ",
            "|",
            ">-",
            "\n\n",
            "#",
            " # c",
            "~",
            "é",
            "\t",
            "a: ",
            "\nb: ",
            "%",
            "@",
            "<<: ",
        ),
    ]
)
YAML = st.lists(PIECES, max_size=25).map("".join) | st.lists(
    st.tuples(st.sampled_from("abcdef"), st.lists(PIECES, max_size=5).map("".join)), max_size=5
).map(lambda fields: "\n".join(f"{name}: {value}" for name, value in fields))


@given(YAML)
def test_what_is_read_quickly_is_what_libyaml_reads(source: str):
    source = front_matter.without_strays(source)
    try:
        quick = yaml_fields._quickly(source)
    except yaml_fields._UnsureError:
        return
    exact, twice = yaml_fields._exactly(source)
    assert without_nothing(exact) == without_nothing(quick)
    assert not twice


def without_nothing(value: object) -> object:
    match value:
        case dict():
            return {without_nothing(key): without_nothing(item) for key, item in value.items()}
        case list():
            return [without_nothing(item) for item in value]
        case None | "~" | "null" | "Null" | "NULL":
            return ""
    return value


# --- what is wrong costs as little as it can -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "fields", "fault"),
    [
        ('t: "A\nd: "x"\nc: "y"', {"t": "A", "d": "x", "c": "y"}, (2, "its value was taken as it stands")),
        ("t: 'A\nd: 'x'\nc: y", {"t": "A", "d": "x", "c": "y"}, (2, "its value was taken as it stands")),
        ('t: "A\n  B"\nd: e: f', {"t": "A B", "d": "e: f"}, (4, "its value was taken as it stands")),
        ('by:\n- n: "A\n  u: "x"\nd: y', {"by": [{"n": "A", "u": "x"}], "d": "y"}, (3, "its value was taken as it stands")),
        ('t: "A [b\nd: "x"', {"t": "A [b", "d": "x"}, (2, "its value was taken as it stands")),
        ("title: A: b", {"title": "A: b"}, (2, "its value was taken as it stands")),
        ("title: {{ page.title }}", {"title": "{{ page.title }}"}, (2, "its value was taken as it stands")),
        ("title: {% if x %}T", {"title": "{% if x %}T"}, (2, "its value was taken as it stands")),
        ("title: [Draft] T", {"title": "[Draft] T"}, (2, "its value was taken as it stands")),
        ("title: @home", {"title": "@home"}, (2, "its value was taken as it stands")),
        ('title: The "best" thing', {"title": 'The "best" thing'}, None),
        ('title: "The "best" thing"', {"title": 'The "best" thing'}, (2, "its value was taken as it stands")),
        ("title: 'It's here'", {"title": "It's here"}, (2, "its value was taken as it stands")),
        ('a: x\ntitle: "Never closed\nb: y', {"a": "x", "title": "Never closed", "b": "y"}, (3, "its value was taken as it stands")),
        ("a: x\ntags: [a, b\nb: y", {"a": "x", "b": "y"}, (3, "it was left out")),
        ("a: x\n  title: T\nb: y", {"a": "x", "title": "T", "b": "y"}, (3, "it was taken without its indentation")),
        ("  title: T\nb: y", {"title": "T", "b": "y"}, (2, "it was taken without its indentation")),
        ("tags:\n\t- a\n\t- b\nb: y", {"tags": ["a", "b"], "b": "y"}, (3, "its tabs were taken for blanks")),
        ("a: x\nno field at all\nb: y", {"a": "x", "b": "y"}, (3, "it was left out")),
        ("by:\n  - name: A: b\n    url: u", {"by": [{"name": "A: b", "url": "u"}]}, (3, "its value was taken as it stands")),
        ("a: &a {b: x, c: y}\nd: {<<: *a, b: z}", {"a": {"b": "x", "c": "y"}, "d": {"b": "z", "c": "y"}}, None),
        ("title: T\ntitle: U", {"title": "T"}, (3, "the field 'title' stands twice; the first one is read")),
        ("title: T\nTitle: U", {"title": "T"}, (3, "the field 'Title' stands twice; the first one is read")),
    ],
)  # fmt: skip
def test_a_bad_line_of_yaml_costs_no_other(lines: str, fields: dict[str, object], fault: tuple[int, str] | None):
    front = read(f"---\n{lines}\n---\nBody.")
    assert front.fields == fields
    assert faults(front) == ([fault] if fault else [])
    assert front.body == "Body."


@pytest.mark.parametrize(
    ("lines", "fields", "fault"),
    [
        ("date = 2025-02-31", {"date": "2025-02-31"}, (2, "its value was taken as it stands")),
        ("title = Bare words", {"title": "Bare words"}, (2, "its value was taken as it stands")),
        ("title = 'T'\ntitle = 'U'", {"title": "T"}, (3, "it was left out")),
        ("version = 1.10", {"version": "1.10"}, None),
    ],
)
def test_a_bad_line_of_toml_costs_no_other(lines: str, fields: dict[str, object], fault: tuple[int, str] | None):
    front = read(f"+++\n{lines}\nb = 'y'\n+++\n")
    assert front.fields == {**fields, "b": "y"}
    assert faults(front) == ([fault] if fault else [])


def test_a_date_that_does_not_exist_is_named_with_its_line(content: Content):
    problems = content.results("+++\ntitle = 'T'\ndate = 2025-02-31\n+++\n")
    assert {found.place for found in problems if isinstance(found, Problem)} == {"story.md:3"}
    assert any("does not exist" in str(found) for found in problems)


def test_in_json_the_first_of_two_wins_and_numbers_are_as_written():
    assert read('{"a": 1.10, "b": 0.50, "a": 2}').fields == {"a": "1.10", "b": "0.50"}


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ("---\ntitle: T\ndate: 2025-12-03\n\nText: of a body.\n", "\nText: of a body.\n"),
        ("---\ntitle: T\ndate: 2025-12-03\nText.\n", "Text.\n"),
        ("---\ntitle: T\ndate: 2025-12-03\n\nText.\n\n---\n\nMore.", "\nText.\n\n---\n\nMore."),
        ("---\ntitle: >-\n  T\ndate: 2025-12-03\n# Heading\n", "# Heading\n"),
        ("---\ntitle: T\ndate: 2025-12-03", ""),
        ("+++\ntitle = 'T'\ndate = 2025-12-03\n\nText.\n", "\nText.\n"),
    ],
)
def test_a_fence_that_never_closes_is_named_and_the_article_is_read(content: Content, text: str, body: str):
    problem, article = content.results(text)
    assert isinstance(article, Article)
    assert article.title == "T"
    assert problem.place == "story.md:1"
    assert "never closed" in problem.what
    assert problem.fault is Fault.FRONT_MATTER
    assert read(text).body == body


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ('{\n  "title": "T",\n  "date"\n}\n', 4, "Expecting ':'"),
        ('{\n  "title": "T"\n', 0, "never closed"),
        ("---\n- a\n- b\n---\n", 1, "holds no fields"),
        ("---\na: " + "[" * 50_000 + "\n---\n", 1, "more than 1,000 lists and objects"),
        ("---\n" + "- " * 50_000 + "\n---\n", 1, "more than 1,000 lists and objects"),
        ("---\na: " + "{b: " * 900 + "x" + "}" * 900 + "\n---\n", 1, "nested too deep"),
        ("+++\na = " + "[" * 50_000 + "\n+++\n", 1, "nested too deep"),
        ("+++\nsite.menu = " + "[" * 3_000 + "]" * 3_000 + "\n+++\n", 1, "nested too deep"),
        ('{"a": ' + "[" * 50_000 + "\n}\n", 0, "nested too deep"),
        ('{"a": ' + "[" * 2_000 + "]" * 2_000 + "}\n", 0, "nested too deep"),
        ("---\na: " + "x" * 300_000 + "\n---\n", 1, "longer than 256 KB"),
    ],
)
def test_what_cannot_be_read_at_all_is_an_error_that_names_the_line(text: str, line: int, what: str):
    with pytest.raises(ArticleError) as caught:
        read(text)
    assert (caught.value.line, caught.value.fault) == (line, "front matter")
    assert what in caught.value.what
    assert "\n" not in str(caught.value)


def test_stray_control_characters_do_not_cost_the_article(content: Content):
    assert content.article(b"---\ntitle: A\x0b b\x00 c\x08\ndate: 2025-12-03\n---\n").title == "A b c"


def test_a_number_too_long_to_write_out_does_not_stop_the_file(content: Content):
    assert content.article(f"+++\ntitle = 'T'\ndate = 2025-12-03\ntags = [0x{'f' * 9000}]\n+++\n").tags == ()


def test_nested_aliases_do_not_blow_up(content: Content):
    levels = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    bomb = "\n".join(["a0: &a0 [lol, lol]", *levels])
    article = content.fields(f"{bomb}\ntags: *a29\nauthor: *a29\nexcerpt: *a29\ncover: *a29\nsource: *a29")
    assert article.tags == ()
    assert article.author == ""


# --- encodings ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
@pytest.mark.parametrize("mark", ["\ufeff", ""], ids=["marked", "unmarked"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
def test_line_ends_and_byte_order_marks_make_no_difference(content: Content, ending: str, encoding: str, mark: str):
    article = content.article((mark + WHOLE).replace("\n", ending).encode(encoding))
    assert article.title == "Council's plan for the harbour is folded over two lines"
    assert article.tags == ("Harbour", "City")


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
def test_a_file_that_is_not_utf8_is_read_and_reported_with_its_line(content: Content, ending: str):
    text = "---\ndate: 2025-12-03\ntitle: Café – bar\n---\n".replace("\n", ending)
    problem, article = content.results(text.encode("cp1252"))
    assert article.title == "Café – bar"
    assert "not UTF-8 (line 3)" in problem.what


def test_a_bad_byte_costs_no_other_character(content: Content):
    text = "---\ndate: 2025-12-03\ntitle: Z\u00fcrich gr\u00fc\u00dft\n---\nK\u00f6".encode()
    problem, article = content.results(text + b"\xff\n")
    assert (article.title, article.excerpt) == ("Z\u00fcrich gr\u00fc\u00dft", "K\u00f6\ufffd")
    assert "(line 5)" in problem.what
    assert problem.fault is Fault.ENCODING


def test_utf16_that_breaks_off_is_read_and_reported(content: Content):
    problem, article = content.results("---\ntitle: Café\ndate: 2025-12-03\n---\nBody".encode("utf-16")[:-1])
    assert article.title == "Café"
    assert "broken UTF-16 (line 5)" in problem.what
