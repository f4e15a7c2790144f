"""What is not meant for readers stays unsent, however it is written; and what is in doubt stays unsent too."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model import Article, Fault, Problem
from digest.sources.drafts import HINT
from tests.sources.conftest import Content
from tests.sources.test_any_bytes import FOLDER

BODY = "The ferry left at six.\n"


def read(content: Content, text: str) -> tuple[Article, list[Problem]]:
    results = content.results(text, "2025-12-03-story.md")
    (article,) = (found for found in results if isinstance(found, Article))
    return article, [found for found in results if isinstance(found, Problem) and found.hint == HINT]


def headed(lines: str) -> str:
    return f"---\ntitle: A story\ndate: 2025-12-03\n{lines}\n---\n{BODY}"


@pytest.mark.parametrize(
    "line",
    [
        *(
            "draft: true",
            "Draft: YES",
            "draft: [true]",
            "is_draft: true",
            "private: true",
            "wip: on",
            "\xa0draft: true",
        ),
        *("published: false", 'published: "no"', "publish: false", "published: never", "isPublished: 0"),
        *("status: Draft", "status: private", "status: pending", "status: unpublished", "status: archived"),
        *("status: trash", "status: scheduled", 'status: "in review"', "visibility: private", "draft : true"),
    ],
)
def test_what_plainly_says_so_is_a_draft_without_a_word(content: Content, line: str) -> None:
    article, doubts = read(content, headed(line))
    assert article.draft
    assert not doubts


@pytest.mark.parametrize(
    "line", ["hidden: true", "unlisted: yes", "headless: true", "status: hidden", "visibility: unlisted"]
)
def test_what_plainly_says_so_is_hidden_without_a_word(content: Content, line: str) -> None:
    article, doubts = read(content, headed(line))
    assert (article.draft, article.hidden, doubts) == (False, True, [])


@pytest.mark.parametrize(
    "line",
    [
        *("draft: false", "draft:", 'draft: ""', "draft: no", "published: yes", "published: 2025-12-03", "hidden: off"),
        *("status: published", "status: live", "status: Final", "status: done", "visibility: public", "private: false"),
        *("publishDate: 2025-12-01", "draft: false\nstatus: evergreen", "draft: no\nhidden: perhaps"),
        *("cover:\n  hidden: true", "note: |\n  draft: true", "drafted_by: Desk"),
    ],
)
def test_what_says_nothing_against_it_is_shown(content: Content, line: str) -> None:
    article, doubts = read(content, headed(line))
    assert (article.draft, article.hidden, doubts) == (False, False, [])


@pytest.mark.parametrize(
    "line",
    [
        *(
            "draft: t",
            "draft: tru",
            "draft: ja",
            "draft: 'yes, for now'",
            "draft: true;",
            "draft: {until: May}",
            "draft: 2",
        ),
        *("draft: ${DRAFT}", "published: soon", "published: 2025-13-45", "status: evergreen", "hidden: maybe"),
        *("draft: false\npublished: soon\ndraft: t", "draft: false\nstatus: draft-2\nprivate: x", "publishDate: soon"),
    ],
)
def test_what_is_neither_yes_nor_no_is_a_draft_and_a_problem_with_its_line(content: Content, line: str) -> None:
    article, (doubt,) = read(content, headed(line))
    assert article.draft
    assert doubt.fault is Fault.FRONT_MATTER
    assert doubt.line >= 4
    assert "taken for a draft" in doubt.what


# Where a line is left out, is the second of its kind, or stands where nobody looks for fields.
NOT_READ = {
    "no blank": (headed("draft:true"), 4),
    "a full-width colon": (headed("draft\uff1a true"), 4),
    "a second one": (headed("draft: false\ndraft: true"), 5),
    "another spelling": (headed("draft: false\nDraft: true"), 5),
    "a list that never ends": (headed("draft: [true"), 4),
    "swallowed by a quotation": ('---\ntitle: T\nexcerpt: "He said\ndraft: true\nauthor: b"\n---\n', 4),
    "toml, a second one": ("+++\ntitle = 'T'\ndraft = false\ndraft = true\n+++\n", 4),
    "toml, a semicolon": ("+++\ntitle = 'T'\ndraft = true;\n+++\n", 3),
    "toml, in another table": ("+++\ntitle = 'T'\n[menu]\ndraft = true\n+++\n", 4),
    "json, a second one": ('{"title": "T", "draft": false, "draft": true}\n', 1),
    "never closed, an empty line": (f"---\ntitle: T\n\ndraft: true\n\n{BODY}", 4),
    "never closed, two of them": (f"---\ntitle: T\n\nauthor: A\n\ndraft: true\n\n{BODY}", 6),
    "never closed, a comment": (f"---\ntitle: T\n# flags\ndraft: true\n\n{BODY}", 4),
    "never closed, a bad line": (f"---\ntitle: T\ntags:\n- a\n-b\ndraft: true\n{BODY}", 6),
    "toml, never closed": (f"+++\ntitle = 'T'\n\ndraft = true\n\n{BODY}", 4),
    "header lines after an empty one": (f"Title: T\nDate: 2025-12-03\n\nStatus: draft\n\n{BODY}", 4),
    "header lines after prose": (f"Title: T\nDate: 2025-12-03\n* x\nStatus: draft\n\n{BODY}", 4),
    "closed too early": (f"---\ntitle: T\n----\ndraft: true\n---\n{BODY}", 4),
    "a comment above the fence": ("<!-- c -->\n---\ntitle: T\ndraft: true\n---\n# H\n", 4),
    "dashes that are none": ("\u2014\u2014\u2014\ntitle: T\ndraft: true\n\u2014\u2014\u2014\n\n# H\n", 3),
}


@pytest.mark.parametrize(("text", "line"), NOT_READ.values(), ids=NOT_READ)
def test_a_draft_that_says_so_where_it_is_not_read_is_one_and_a_problem_with_its_line(
    content: Content, text: str, line: int
) -> None:
    article, (doubt,) = read(content, text)
    assert article.draft
    assert doubt.line == line


@pytest.mark.parametrize(
    "text",
    [
        f"---\ntitle: 'T'\ndraft: 'true'\ndate: '2025-12-03'\n ---\n{BODY}",
        "title: T\ntags:\n- a\n- b\ndate: 2025-12-03\npublished: false\n---\n" + BODY,
        'title: T\ntags:\n- a\n\n# flags\npublished: "false"\n---\n' + BODY,
    ],
)
def test_fences_that_stand_too_far_in_or_are_left_away_cost_no_field(content: Content, text: str) -> None:
    article, doubts = read(content, text)
    assert (article.title, article.draft, doubts) == ("T", True, [])
    assert article.excerpt == BODY.strip()


@pytest.mark.parametrize(
    "text",
    [
        headed("x: y") + "\nStatus: draft\n",
        headed("x: y").replace(BODY, "Our status: we sailed.\nThe draft = none.\n"),
        f"Title: T\nDate: 2025-12-03\n\n{BODY}\nStatus: draft\n",
        "+++\ntitle = 'T'\n[cover]\nhidden = true\n+++\n",
        headed("cover:\n  hidden: true\nauthor: A: b"),
    ],
)
def test_what_a_body_or_a_picture_says_of_itself_holds_no_article_back(content: Content, text: str) -> None:
    article, doubts = read(content, text)
    assert (article.draft, article.hidden, doubts) == (False, False, [])


def test_a_draft_in_a_sidecar_that_cannot_be_read_is_held_back(content: Content) -> None:
    content.write("2025-12-03-story.yaml", "- a\ndraft: true\n- [\n")
    article, (doubt,) = read(content, headed("x: y"))
    assert article.draft
    assert doubt.line == 0


LINES = st.permutations(
    [
        "title: T",
        'author: "A"',
        "category: City",
        'excerpt: "It went"',
        "tags:\n- a\n- b",
        "cover:\n  src: https://x.y/z",
    ]
)
DAMAGE = st.sampled_from(
    [
        'note: "open',
        "note: 'open",
        "note: A: b",
        "note: [a",
        "note: {a",
        "\tnote: x",
        "no field",
        "note: @x",
        "- a",
        "note: %",
        "  x: y",
    ]
)
DRAFT = st.sampled_from(
    [
        "draft: true",
        'draft: "true"',
        "draft: 'yes'",
        'published: "false"',
        "status: draft",
        "draft:true",
        "draft: true ",
    ]
)


@given(LINES, st.lists(DAMAGE, max_size=3), DRAFT, st.data())
def test_no_damage_to_other_lines_makes_a_draft_public(
    lines: list[str], damage: list[str], draft: str, data: st.DataObject
) -> None:
    lines = [*lines]
    for line in (*damage, draft):
        lines.insert(data.draw(st.integers(0, len(lines))), line)
    text = "\n".join(("---", *lines, "---", BODY))
    for found in FOLDER.parse(FOLDER.root / "2025-12-03-a.md", text.encode()):
        assert isinstance(found, Problem) or found.draft, text


@pytest.mark.parametrize(
    ("lines", "draft", "hidden", "doubted"),
    [
        ("---\ntitle: T\nentwurf: true\n", True, False, False),
        ("---\ntitle: T\nentwurf: false\n", False, False, False),
        ("---\ntitle: T\nentwurf: vielleicht\n", True, False, True),
        ("---\ntitle: T\nverborgen: true\n", False, True, False),
        ("+++\ntitle = 'T'\n[menu]\nentwurf = true\n", True, False, True),
        ("+++\ntitle = 'T'\n[menu]\nhidden = true\n", False, False, False),
    ],
)
def test_a_folder_s_own_names_hold_back_as_well(
    content: Content, lines: str, *, draft: bool, hidden: bool, doubted: bool
) -> None:
    names = {"draft": ("entwurf",), "hidden": ("verborgen",)}
    text = f"{lines}{lines[:3]}\n{BODY}"
    results = content.results(text, "2025-12-03-story.md", names=names)
    (article,) = (found for found in results if isinstance(found, Article))
    assert (article.draft, article.hidden) == (draft, hidden)
    assert any(isinstance(found, Problem) and found.hint == HINT for found in results) is doubted
