"""What many excerpts of one source begin with is cut off, and nothing that an article says itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model import Article
from digest.refrains import OFTEN, for_mail

SUBJECTS = ("night ferry", "swing bridge", "fish market", "rain gardens", "old lighthouse", "tram to the quay")
WARNING = "Why you can trust the Post: We test everything ourselves before we recommend it to you."
BREADCRUMB = "Close Home Town Harbour News Boats & Ferries"
FEES = "When you follow our links, we may earn a commission."
POLICY = f"{WARNING} {FEES} " + "We return what we tested. " * 15 + "Nobody pays us."  # no title is looked for so far


def title(subject: str) -> str:
    return f"What everybody should know about the {subject}"


def own(subject: str) -> str:
    return f"The {subject} is open again since Monday, and people come from everywhere to see it."


def article(title: str, excerpt: str, *, site: str = "post.example.org", origin: str = "") -> Article:
    source = f"https://{site}/{abs(hash(title))}" if site else ""
    return Article(title, title, datetime(2025, 12, 3, tzinfo=UTC), source=source, excerpt=excerpt, origin=origin)


def shown(articles: list[Article], longest: int = 240) -> list[str]:
    return [made.excerpt for made in for_mail(articles, longest)]


def test_an_excerpt_is_cut_to_the_length_asked_for():
    assert shown([article("A", "One sentence is here. " * 20)], 70) == [
        "One sentence is here. One sentence is here. One sentence is here."
    ]


def test_articles_come_back_in_their_order_and_otherwise_as_they_were():
    given = [article(title(subject), f"Home {title(subject)} {own(subject)}") for subject in SUBJECTS]
    assert [replace(made, excerpt="") for made in for_mail(given, 240)] == [replace(one, excerpt="") for one in given]


# --- the title


@pytest.mark.parametrize(
    "before", ["Tech Home Tech Security ", "In Brief Posted: 11:37 AM PST · December 13, 2025 ", "Home > City > "]
)
def test_the_title_goes_with_what_stands_before_it(before: str):
    only = article(title("night ferry"), f"{before}{title('night ferry')} {own('night ferry')}")
    assert shown([only]) == [own("night ferry")]


@pytest.mark.parametrize("sign", [":", ".", " –", " |"])
def test_a_sign_behind_the_title_goes_too(sign: str):
    assert shown([article(title("night ferry"), f"{title('night ferry')}{sign} {own('night ferry')}")]) == [
        own("night ferry")
    ]


@pytest.mark.parametrize(
    "title",
    [
        "What has become of the night ferry?",
        "\u0645\u0627 \u0627\u0644\u062c\u062f\u064a\u062f \u0641\u064a \u0627\u0644\u0645\u064a\u0646\u0627\u0621\u061f",
    ],
)
def test_a_title_that_is_a_sentence_ends_by_itself(title: str):
    assert shown([article(title, f"{title} {own('x')}")]) == [own("x")]


GOING_ON = [
    ("Neue Fähre verbindet die Inseln", "Neue Fähre verbindet die Inseln Juist und Norderney ab Mai."),
    ("President visits the old harbour", "President visits the old harbour Monday and speaks of the new ferry."),
    (
        "\u0627\u0644\u0631\u0626\u064a\u0633 \u064a\u0632\u0648\u0631 \u0627\u0644\u0645\u064a\u0646\u0627\u0621",
        "\u0627\u0644\u0631\u0626\u064a\u0633 \u064a\u0632\u0648\u0631 \u0627\u0644\u0645\u064a\u0646\u0627\u0621 \u0627\u0644\u0642\u062f\u064a\u0645 \u064a\u0648\u0645 \u0627\u0644\u0627\u062b\u0646\u064a\u0646.",
    ),
    (
        "\ub300\ud1b5\ub839 \uc624\ub798\ub41c \ud56d\uad6c",
        "\uc5b4\uc81c \ub300\ud1b5\ub839 \uc624\ub798\ub41c \ud56d\uad6c \ubc29\ubb38\uc744 \ub9c8\ucce4\ub2e4.",
    ),
]


@pytest.mark.parametrize(("title", "excerpt"), GOING_ON)
def test_a_sentence_that_begins_with_the_words_of_the_title_stays_whole(title: str, excerpt: str):
    others = [article(f"{title} {s}", own(s)) for s in SUBJECTS]
    assert shown([article(title, excerpt), *others])[0] == excerpt


def test_a_title_without_a_sign_goes_where_most_articles_of_a_site_begin_with_theirs():
    articles = [article(title(subject), f"{title(subject)} {own(subject)}") for subject in SUBJECTS]
    assert shown(articles) == [own(subject) for subject in SUBJECTS]
    few = articles[: OFTEN - 1]
    assert shown(few) == [one.excerpt for one in few]
    others = [article(f"Other {at}", own(f"boat {at}")) for at in range(len(articles))]
    assert shown([*articles, *others])[: len(articles)] == [one.excerpt for one in articles]


def test_quotation_marks_of_another_kind_make_no_other_title():
    only = article(
        "The mayor’s “plan” for the whole of the quay", f'The mayor\'s "plan" for the whole of the quay: {own("x")}'
    )
    assert shown([only]) == [own("x")]


def test_an_excerpt_that_is_the_title_alone_tells_nothing():
    assert shown([article("A day out", "A day out"), article(title("quay"), title("quay"))]) == ["", ""]


@pytest.mark.parametrize(
    "excerpt",
    [
        f"{title('night ferry')} is more than most people think.",  # its sentence goes on
        f"We asked {title('night ferry')}. People told us.",
        f"Nobody knows anything. {title('night ferry')} The court has spoken.",  # a sentence of its own before it
        f'Our series "{title("night ferry")}" begins today.',
    ],
)
def test_a_title_that_is_part_of_a_sentence_stays(excerpt: str):
    assert shown([article(title("night ferry"), excerpt)]) == [excerpt]


def test_a_question_that_an_article_alone_asks_once_more_stays_behind_its_own_sentence():
    excerpt = "Nobody knows who governs. Who governs the harbour of Saltmere? The court is asked again."
    assert shown([article("Who governs the harbour of Saltmere?", excerpt)]) == [excerpt]


def test_a_short_title_may_be_how_a_sentence_begins():
    assert shown([article("Swan Line", "Swan Line Captain resigns after the storm.")]) == [
        "Swan Line Captain resigns after the storm."
    ]


# --- refrains


def test_sentences_that_many_begin_with_are_cut_off_one_after_the_other():
    articles = [article(title(subject), f"{WARNING} {FEES} {own(subject)}") for subject in SUBJECTS]
    assert shown(articles) == [own(subject) for subject in SUBJECTS]


def test_labels_before_a_refrain_may_differ():
    labels = ("Tech", "Home & Office", "City", "Business", "Tech", "Innovation")
    articles = [article(title(s), f"{label} {WARNING} {own(s)}") for label, s in zip(labels, SUBJECTS, strict=True)]
    assert shown(articles) == [own(subject) for subject in SUBJECTS]


def test_what_stands_behind_a_refrain_may_be_a_breadcrumb_and_the_title():
    articles = [article(title(s), f"{WARNING} Close Home City {title(s)} {own(s)}") for s in SUBJECTS]
    assert shown(articles) == [own(subject) for subject in SUBJECTS]


def test_an_excerpt_that_was_cut_off_inside_of_boilerplate_tells_nothing():
    articles = [article(title(subject), f"{WARNING} When you…") for subject in SUBJECTS]
    assert set(shown(articles)) == {""}


def test_a_refrain_that_was_cut_off_itself_is_known_by_how_it_begins():
    whole = [article(title(s), f"{WARNING} {FEES * 3} {own(s)}") for s in SUBJECTS]
    cut_off = article("Another thing", f"{WARNING} {FEES[:46]}…")
    assert shown([*whole, cut_off])[-1] == ""


@pytest.mark.parametrize("ending", ["", " Written by Jo Quay, Senior…"])
def test_a_long_breadcrumb_behind_a_refrain_takes_no_own_sentence_with_it(ending: str):
    articles = [article(title(s), f"{POLICY} {BREADCRUMB} {title(s)} {own(s)}{ending}") for s in SUBJECTS]
    assert shown(articles) == [own(subject) for subject in SUBJECTS]


def test_an_own_sentence_that_was_cut_off_behind_a_long_breadcrumb_stays():
    articles = [article(title(s), f"{POLICY} {BREADCRUMB} {title(s)} {own(s)[:-10]}…") for s in SUBJECTS]
    assert shown(articles) == [f"{own(subject)[:-10]}…" for subject in SUBJECTS]


def test_a_breadcrumb_that_was_cut_off_before_the_title_tells_nothing():
    articles = [article(title(s), f"{POLICY} {BREADCRUMB} {title(s)[: 20 + at]}…") for at, s in enumerate(SUBJECTS)]
    assert set(shown(articles)) == {""}


def test_a_finished_sentence_is_no_refrain_because_it_begins_like_others():
    beginning = "In the evening of the third of December all over town"
    articles = [article(title(s), f"{POLICY} {beginning} people spoke of the {s}.") for s in SUBJECTS]
    assert shown(articles) == [f"{beginning} people spoke of the {subject}." for subject in SUBJECTS]


def test_fewer_articles_make_no_refrain():
    articles = [article(title(subject), f"{WARNING} {own(subject)}") for subject in SUBJECTS[: OFTEN - 1]]
    assert shown(articles) == [one.excerpt for one in articles]


def test_one_story_told_many_times_makes_no_refrain():
    articles = [article("The same old title", f"{WARNING} {own('ferry')}") for _ in range(20)]
    assert set(shown(articles)) == {articles[0].excerpt}


def test_each_source_has_refrains_of_its_own():
    articles = [article(title(s), f"{WARNING} {own(s)}", site=f"{at % 2}.example.org") for at, s in enumerate(SUBJECTS)]
    assert shown(articles) == [one.excerpt for one in articles]


def test_articles_without_a_source_are_known_by_the_folder_they_come_from():
    here = [article(title(s), f"{WARNING} {own(s)}", site="", origin="posts") for s in SUBJECTS]
    there = [article(f"There {s}", f"{WARNING} {own(s)}", site="", origin="notes") for s in SUBJECTS[:2]]
    assert shown([*here, *there]) == [*(own(s) for s in SUBJECTS), *(one.excerpt for one in there)]


@pytest.mark.parametrize(
    "beginning",
    ["Swan Line", "Swan Line's", "The Swan Line Company", "In this week's letter we ask", "Swan Line CEO Jo"],
)
def test_stories_that_begin_with_the_same_words_keep_them(beginning: str):
    articles = [article(title(s), f"{beginning} Reads about the {s} and tells what came of it.") for s in SUBJECTS]
    assert shown(articles) == [one.excerpt for one in articles]


def test_a_short_excerpt_that_is_nothing_but_a_refrain_is_what_there_is_to_say():
    articles = [article(f"Release {at}", "This is a security release.") for at in range(9)]
    assert set(shown(articles)) == {"This is a security release."}


# --- labels and bylines


def test_a_label_that_stands_before_titles_goes_where_the_title_has_changed():
    articles = [article(title(s), f"Home City Harbour {title(s)} {own(s)}") for s in SUBJECTS[:2]]
    retitled = article("Its title is another one by now", f"Home City Harbour {own('crane')}")
    assert shown([*articles, retitled])[-1] == own("crane")


def test_a_label_stays_where_a_sentence_goes_on_behind_it():
    articles = [article(title(s), f"Home City Harbour {title(s)} {own(s)}") for s in SUBJECTS[:2]]
    other = article("The best address in town", "Home City Harbour is the best address in the whole of the town.")
    assert shown([*articles, other])[-1] == other.excerpt


def test_a_section_may_be_written_as_its_makers_write_it():
    articles = [article(title(s), f"Home Boats eFerries {title(s)} {own(s)}") for s in SUBJECTS[:2]]
    assert shown([*articles, article("Another title", f"Home Boats eFerries {own('crane')}")])[-1] == own("crane")


def test_a_banner_behind_a_breadcrumb_goes_with_it_where_it_stood_before_another_title():
    banner = "Live: Everything about the regatta"
    articles = [article(title(s), f"Home City Harbour {title(s)} {own(s)}") for s in SUBJECTS[:2]]
    below = article(title("crane"), f"Home City Harbour {banner} {title('crane')} {own('crane')}")
    retitled = article("Its title is another one by now", f"Home City Harbour {banner} {own('pier')}")
    assert shown([*articles, below, retitled])[-1] == own("pier")


DATE = "Updated on: December 13, 2025 at 2:00 AM PST"


@pytest.mark.parametrize(
    "label",
    [
        f"City {DATE} Home City Harbour {DATE}",
        "Home Posted: 11:37 AM PST · December 13, 2025",
        "Harbour Published Dec. 3, 2025",
        "Home > City Last updated 3 December 2025, 14:05",
        "Home City Published: 2025-12-03 14:05 UTC",
        f"City {DATE} Close Home City Harbour eFerries {DATE}",  # the innermost section is a new one
    ],
)
def test_a_label_with_a_date_line_goes_if_other_articles_know_its_sections(label: str):
    others = [article(title(s), f"Close Home > City Harbour {title(s)} {own(s)}") for s in SUBJECTS[:2]]
    retitled = article("Its title is another one by now", f"{label} {own('crane')}")
    assert shown([*others, retitled])[-1] == own("crane")
    assert shown([retitled]) == [retitled.excerpt]


@pytest.mark.parametrize(
    "excerpt",
    [
        "Updated on: December 13, 2025 The harbour has new hours.",  # no section
        "Home Rule Published: December 13, 2025 It was a book for everyone.",  # a word that is no section
        "Home City Harbour has Posted: December 13, 2025 It was on a sign.",  # nor is this one
        "City Harbour Posted: December 13, 2025 and forgotten, the letter came back.",  # its sentence goes on
    ],
)
def test_a_date_line_that_stands_in_no_label_stays(excerpt: str):
    others = [article(title(s), f"Close Home City Harbour {title(s)} {own(s)}") for s in SUBJECTS[:2]]
    assert shown([*others, article("A letter", excerpt)])[-1] == excerpt


def test_a_byline_behind_the_first_sentences_goes_where_a_site_has_the_habit():
    articles = [
        article(title(s), f"{own(s)} Written by Jo Quay, Editor Dec. 3, 2025 PhotoFollow us: and") for s in SUBJECTS
    ]
    assert shown(articles) == [own(subject) for subject in SUBJECTS]
    alone = article("A play", "It is a play that everybody knows. Written by Jo Quay, it is on again.")
    assert shown([alone]) == [alone.excerpt]


# --- calls to go on


@pytest.mark.parametrize(
    "call",
    [
        "Read more…",
        "Read more »",
        "Read the full story",
        "Continue reading",
        "Continue reading The ferry »",
        "Read more about ships →",
        "Keep reading…",
        "Read on!",
        "Read on to learn more!",
        "Keep reading to find out how it sails",
        "Read the whole interview here.",
        "The post The ferry: what now? appeared first on The Harbour Post.",
        "Weiterlesen →",
        "Lire la suite",
        "阅读更多",
    ],
)
def test_a_call_to_read_on_goes_from_the_end(call: str):
    assert shown([article("A", f"{own('ferry')} {call}")]) == [own("ferry")]
    assert shown([article("A", call)]) == [""]


@pytest.mark.parametrize("title", ["The ferry: what now?", "The ferry: What now? And who pays for all of it?"])
def test_a_call_may_name_the_title(title: str):
    for end in ("", ".", "…"):
        call = f"Continue reading {title if end != '…' else title[:12]}{end}"
        assert shown([article(title, f"{own('ferry')} {call}")]) == [own("ferry")]


def test_any_words_may_follow_a_call_where_a_site_has_the_habit():
    articles = [article(title(s), f"{own(s)} Read more about the {s} in our paper") for s in SUBJECTS]
    assert shown(articles) == [own(subject) for subject in SUBJECTS]
    few = articles[: OFTEN - 1]
    assert shown(few) == [one.excerpt for one in few]


def test_what_was_cut_before_a_call_ends_with_an_ellipsis():
    excerpt = "The ferry is open again and we […] The post The ferry appeared first on The Harbour Post."
    assert shown([article("A", excerpt)]) == ["The ferry is open again and we…"]


@pytest.mark.parametrize(
    "excerpt",
    [
        "Read more books. It helps.",
        "Where to read more about ships.",
        "The post is back.",
        "Two schools try a new plan. Keep reading aloud to children until they are ten, they say.",
        "Two schools try a new plan. Keep reading aloud to children until they are…",
        "Two schools try a new plan. Read more books, says the ministry",
        "Two schools try a new plan. Read more for pleasure, says the ministry",
        "A library opens. Read the whole Bible in a year, says the priest.",
        "Die Schulen haben einen Plan. Mehr lesen macht klug, sagt das Amt.",
        "Two schools try a new plan. Continue reading to children. The rest follows by itself.",
    ],
)
def test_a_sentence_that_only_looks_like_a_call_stays(excerpt: str):
    assert shown([article("A", excerpt)]) == [excerpt]


# --- whatever comes

words = st.sampled_from(["Home", "City", "The ferry", "is open.", "Read more", "…", "港口。", "Written by", "A B", "x"])


@given(
    st.lists(st.tuples(st.text(max_size=30), st.lists(words, max_size=12).map(" ".join)), max_size=20),
    st.integers(0, 60),
)
def test_no_articles_make_longer_excerpts_than_asked_for(pairs: list[tuple[str, str]], longest: int):
    articles = [article(title, excerpt) for title, excerpt in pairs]
    made = for_mail(articles, longest)
    assert [one.title for one in made] == [one.title for one in articles]
    assert all(len(one.excerpt) <= longest for one in made)


@given(st.lists(st.lists(words, max_size=12).map(" ".join), max_size=20))
def test_what_is_left_stood_there(excerpts: list[str]):
    articles = [article(f"Title {at}", excerpt) for at, excerpt in enumerate(excerpts)]
    for before, after in zip(articles, for_mail(articles, 1_000), strict=True):
        assert after.excerpt.removesuffix("…").rstrip() in before.excerpt


@pytest.mark.parametrize("piece", ["a! ", "Home ", "Posted: 1 May 2025 ", "Read more ", " by", "The post ", "…", "x"])
def test_hostile_repetition_costs_little(piece: str):
    articles = [article(f"Title {at}", (piece * 3_000)[:3_000]) for at in range(100)]
    assert all(len(one.excerpt) <= 240 for one in for_mail(articles, 240))
