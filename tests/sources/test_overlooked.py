"""What was meant for a field and is read as none holds an article back; what was not holds none."""

import pytest

from tests.sources.conftest import Content
from tests.sources.test_drafts import BODY, headed, read

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
    "in a list that never ends": (headed("params: {toc: true, draft: true"), 4),
    "in a list of another one": (headed('params: {toc: true, "draft": true, x: [1}'), 4),
    "a day in it": (headed("params: {toc: true, expiryDate: 2020-01-01"), 4),
    "header lines, a second one": (f"Title: T\nStatus: published\nDate: 2025-12-03\nStatus: draft\n\n{BODY}", 4),
    "header lines, too far in": (f"Title: T\nDate: 2025-12-03\n    Status: draft\n\n{BODY}", 3),
    "in another field": (headed("author:\n  draft: true"), 5),
    "deep in another field": (headed("a:\n- b:\n    is_draft: yes"), 6),
    "a sign in its name": (headed("draft?: true"), 4),
    "a blank in its name": (headed("is draft: true"), 4),
    "toml, behind a table": ("+++\ntitle = 'T'\n[cover]\npublished = false\n+++\n", 4),
    "toml, behind a table, unpublished": ("+++\ntitle = 'T'\n[cover]\nunpublished = true\n+++\n", 4),
    "toml, behind a table and further in": ("+++\ntitle = 'T'\n[cover]\n  draft = true\n+++\n", 4),
    "in code at the very top": (f"```yaml\ntitle: T\ndraft: true\n```\n\n# H\n\n{BODY}", 3),
    "dashes that are none": ("\u2014\u2014\u2014\ntitle: T\ndraft: true\n\u2014\u2014\u2014\n\n# H\n", 3),
}


@pytest.mark.parametrize(("text", "line"), NOT_READ.values(), ids=NOT_READ)
def test_a_draft_that_says_so_where_it_is_not_read_is_one_and_a_problem_with_its_line(
    content: Content, text: str, line: int
) -> None:
    article, (doubt,) = read(content, text)
    assert article.draft
    assert doubt.line == line


FENCED = "---\ntitle: T\ndraft: true\n---\n\n# H\n"


@pytest.mark.parametrize(
    ("above", "line"),
    [
        *(("<!-- markdownlint-disable -->\n\n", 5), ("# The ferry\n\n", 5), ("<div>\n\n", 5), ("Some words.\n\n", 5)),
        *(("import X from './x'\n\n", 5), ("<!--\nA licence\n\nof two paragraphs\n-->\n\n", 9)),
        *(("<!-- x -->\n" * 300 + "\n", 304), ("```yaml\na: b\n```\n\n", 7), ("---\n\n", 5)),
        *(("---\ntitle: T\n---\n\n<!-- c -->\n\n", 9), ("---\ntitle: T\n---\n# H\n\nimport X from 'x'\n", 9)),
    ],
)
def test_a_front_matter_that_begins_too_late_is_seen(content: Content, above: str, line: int) -> None:
    article, (doubt,) = read(content, above + FENCED)
    assert article.draft
    assert doubt.line == line


def test_where_a_front_matter_begins_too_late_what_it_says_need_not_be_plain(content: Content) -> None:
    article, (doubt,) = read(content, f"Words.\n\n{FENCED.replace('true', 'perhaps')}")
    assert article.draft
    assert doubt.line == 5


PROSE = (
    *(
        "**Published:** December 5, 2025",
        "*Published: December 5, 2025*",
        "Published: December 5, 2025 by the city desk",
    ),
    *(
        "> Published: yesterday",
        "Status: it is complicated, and has been for long.",
        "Private: the club behind the dunes",
    ),
    *("Hidden: a garden between two houses", "Visibility: poor at sea.", "[Draft: a plan](https://x.example)"),
    *("**Status:** live", "Draft: no", "Expires: in May", "Hide and seek: a game"),
    *("```yaml\n---\ndraft: true\n---\n```", "<pre>\ndraft: true\n</pre>", "~~~\nstatus: draft\n~~~"),
    *("A post begins so:\n\n---\ndraft: true\n---\n", "| Draft | yes |\n|---|---|"),
)


@pytest.mark.parametrize("prose", PROSE)
def test_prose_is_no_field_where_the_front_matter_is_whole(content: Content, prose: str) -> None:
    article, doubts = read(content, headed("draft: false") + f"\n{prose}\n\nMore.\n".replace(BODY, ""))
    assert (article.draft, article.hidden, doubts) == (False, False, [])
    text = headed("author: City desk").removesuffix(BODY) + f"{prose}\n\nMore.\n"
    article, doubts = read(content, text)
    assert (article.draft, article.hidden, doubts) == (False, False, [])


@pytest.mark.parametrize("prose", PROSE[:-2])
def test_prose_is_no_field_where_there_is_no_front_matter(content: Content, prose: str) -> None:
    article, doubts = read(content, f"# The ferry\n\n{prose}\n\nMore.\n")
    assert (article.draft, article.hidden, doubts) == (False, False, [])


@pytest.mark.parametrize("line", ["**Status:** Draft", "Draft: *yes*", "Hidden: true", "<!-- draft: true -->"])
def test_what_a_body_says_plainly_at_its_beginning_counts_and_the_problem_says_where_it_stands(
    content: Content, line: str
) -> None:
    article, (doubt,) = read(content, headed("x: y").removesuffix(BODY) + f"{line}\n\nMore.\n")
    assert article.draft
    assert doubt.line == 6
    assert doubt.what.endswith("stands at the beginning of the body")


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
        headed("paper:\n  published: In May\n  status: draft\nrepo: {private: true}\nshared: {published: false}"),
        headed("draft: false\ntags: [draft]"),
        f"Title: T\nDate: 2025-12-03\nTags: draft\nSummary: One\n    Status: it is well.\n\n{BODY}",
        "+++\ntitle = 'T'\n[paper]\npublished = 'In May'\nstatus = 'draft'\n+++\n",
    ],
)
def test_what_a_body_or_a_picture_says_of_itself_holds_no_article_back(content: Content, text: str) -> None:
    article, doubts = read(content, text)
    assert (article.draft, article.hidden, doubts) == (False, False, [])


@pytest.mark.parametrize("text", [".. title: T\n.. date: 2025-12-03\n.. tags: sea, draft\n\nWords.\n"])
def test_a_tag_may_be_a_status_of_nikola(content: Content, text: str) -> None:
    article, doubts = read(content, text)
    assert (article.draft, doubts) == (True, [])


def test_a_line_that_was_left_out_of_a_file_beside_the_article_counts_too(content: Content) -> None:
    content.write("2025-12-03-story.yaml", "title: T\nparams: {toc: true, draft: true\n")
    article, (doubt,) = read(content, headed("x: y"))
    assert article.draft
    assert doubt.line == 0


@pytest.mark.parametrize(
    "text",
    [
        "<!-- a --> " * 5_000 + "x",
        "{" * 50_000,
        "---\n" * 50_000,
        "---\na: b\n" + "   \n" * 50_000,
        "---\na: b\n" + "- x\n" * 50_000,
        "a,b:" * 50_000,
        "`" * 50_000,
        "```\n" * 20_001,
        "<pre" * 20_000,
        f"{' ' * 20_000}x",
        "<div " * 20_000,
    ],
)
@pytest.mark.parametrize("above", ["", "---\ntitle: T\n---\n", "---\ntitle: T\nx: {a\nb: ["])
def test_a_body_of_nothing_but_signs_is_looked_through_in_no_time(content: Content, above: str, text: str) -> None:
    content.results(above + text, "2025-12-03-story.md")
