"""What is not meant for readers stays unsent, however it is written; and what is in doubt stays unsent too."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model import Article, Fault, Problem
from digest.sources.dates import HOW_TO_WRITE
from digest.sources.drafts import HINT
from tests.sources.conftest import Content
from tests.sources.test_any_bytes import FOLDER

DOUBTED = "it is taken for a draft: "
BODY = "The ferry left at six.\n"


def read(content: Content, text: str) -> tuple[Article, list[Problem]]:
    results = content.results(text, "2025-12-03-story.md")
    (article,) = (found for found in results if isinstance(found, Article))
    return article, [found for found in results if isinstance(found, Problem) and found.what.startswith(DOUBTED)]


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
        *("isPrivate: true", "archived: true", "state: draft", "post_status: draft"),
    ],
)
def test_what_plainly_says_so_is_a_draft_without_a_word(content: Content, line: str) -> None:
    article, doubts = read(content, headed(line))
    assert article.draft
    assert not doubts


@pytest.mark.parametrize(
    "line",
    [
        *("hidden: true", "unlisted: yes", "headless: true", "status: hidden", "visibility: unlisted"),
        *("isHidden: true", "isUnlisted: yes", "hide: true", "visible: false", "listed: no", "build:\n  list: never"),
    ],
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
        *("hide: [toc, navigation]", "state: Bavaria", "archived: 2024-01-01", "visible: maybe", "listed: yes"),
        *("expiryDate: never", "expires: false", "expiryDate: 9999-12-31", "publishDate:", "pubDate: 2025-12-01"),
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
        *("draft: false\npublished: soon\ndraft: t", "draft: false\nstatus: draft-2\nprivate: x"),
    ],
)
def test_what_is_neither_yes_nor_no_is_a_draft_and_a_problem_with_its_line(content: Content, line: str) -> None:
    article, (doubt,) = read(content, headed(line))
    assert article.draft
    assert doubt.fault is Fault.FRONT_MATTER
    assert doubt.line >= 4
    assert "taken for a draft" in doubt.what


@pytest.mark.parametrize(
    "line",
    [
        *("publishDate: soon", "pubDate: soon", "publishedAt: in May", "publishDate: false"),
        *("expiryDate: 4. Dezember 2025", "expires: soon", "unpublishDate: later", "expires:\n  on: x"),
    ],
)
@pytest.mark.parametrize("before", ["", "draft: false\n"])
def test_a_day_that_cannot_be_read_may_be_the_wrong_one_whatever_else_is_said(
    content: Content, before: str, line: str
) -> None:
    article, (doubt,) = read(content, headed(before + line))
    assert article.draft
    assert (doubt.line, doubt.hint) == (4 + before.count("\n"), HOW_TO_WRITE)


MANY = "\n".join(f"  a{number}: x" for number in range(200))


@pytest.mark.parametrize(
    "lines",
    [
        *("draft:\nparams:\n  draft: true", "draft: false\nextra: {draft: true}", "params:\n  status: draft"),
        *("params: {draft: false}\nextra: {draft: true}", "params: {draft: true, Draft: false}"),
        *("params: {draft: false, Draft: true}", f"params:\n{MANY}\n  draft: true", "draft: ''\nextra: {draft: 'yes'}"),
        *("defaults: &d\n  status: draft\n<<: *d", "<<: {draft: true}", "a: &a {x: y}\nb: &b {draft: 1}\n<<: [*a, *b]"),
    ],
)
def test_whoever_says_that_it_is_a_draft_is_hidden_by_nobody_who_says_otherwise(content: Content, lines: str) -> None:
    article, doubts = read(content, headed(lines))
    assert (article.draft, doubts) == (True, [])


@pytest.mark.parametrize(
    ("own", "beside", "draft"),
    [
        ("draft:", "draft: true", True),
        ("x: y", "draft: true", True),
        ("params: {toc: true}", "params: {draft: true}", True),
        ("x: y", "params: {draft: true}", True),
        ("draft: false", "params: {draft: true}", True),
        ("draft: false", "draft: true", False),
        ("params: {draft: false}", "params: {draft: true}", False),
        ("draft: false", "draft: maybe", False),
        ("draft: true", "draft: false", True),
    ],
)
def test_a_draft_beside_an_article_is_one_unless_the_article_says_otherwise_in_the_same_place(
    content: Content, own: str, beside: str, *, draft: bool
) -> None:
    content.write("2025-12-03-story.yaml", beside)
    article, doubts = read(content, headed(own))
    assert (article.draft, doubts) == (draft, [])


@pytest.mark.parametrize(("text", "line"), [("{", 1), ("[1, 2", None), ("{" + " " * 300_000 + "}", 0)])
@pytest.mark.parametrize(("own", "draft"), [("x: y", True), ("draft: false", False)])
def test_a_file_beside_an_article_that_cannot_be_read_may_say_that_it_is_a_draft(
    content: Content, text: str, line: int | None, own: str, *, draft: bool
) -> None:
    content.write("2025-12-03-story.json", text)
    article, doubts = read(content, headed(own))
    assert article.draft is (draft and line is not None)
    assert [doubt.what.removeprefix(DOUBTED) for doubt in doubts] == (
        ["2025-12-03-story.json cannot be read, and may say that it is one"] if article.draft else []
    )


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


@pytest.mark.parametrize("folder", ["drafts", "_drafts", "draft", "_draft", "WIP", "unpublished"])
def test_what_lies_in_a_folder_for_drafts_is_one(content: Content, folder: str) -> None:
    assert content.article(headed("x: y"), f"city/{folder}/story.md").draft
    assert not content.article(headed("x: y"), f"city/{folder}-house/story.md").draft
