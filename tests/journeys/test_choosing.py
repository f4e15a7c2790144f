"""What ``digest articles`` says of stories that are told again, and of what comes first."""

from __future__ import annotations

from tests.journeys.conftest import Site, article
from tests.journeys.steps import configure, subscribe
from tests.sources.feeds.server import rss, serving

NEXT_MONDAY = "2025-12-15T08:00:00+00:00"
BRIDGE = "The old swing bridge turns ninety and opens its engine room"


def test_a_story_of_the_last_edition_is_not_told_again_and_the_pair_is_shown(site: Site) -> None:
    subscribe(site)
    configure(site, "[smtp]", "minimum = 1\n[smtp]")
    site.write("bridge.md", article(BRIDGE, "2025-12-02"))
    assert site.run("send", "--yes").exit_code == 0
    site.write("again.md", article(f"Update: {BRIDGE}", "2025-12-10", source="https://other.example.com/ninety"))
    site.write("new.md", article("A market by night on the northern quay", "2025-12-10"))
    told = {fact["path"]: fact for fact in site.lines("articles", now=NEXT_MONDAY)}
    assert [path for path, fact in told.items() if fact["in"]] == ["content/new.md"]
    again = told["content/again.md"]
    assert again["like"] == "content/bridge.md"
    assert 90 <= again["score"] < 100
    assert again["reason"].endswith(f"(content/bridge.md) of edition weekly/2025-W49, {again['score']} % alike")
    text = site.run("articles", now=NEXT_MONDAY).stdout
    assert "OUT same story as another (1)" in text
    assert (told["content/new.md"]["like"], told["content/new.md"]["rank_score"]) == (None, None)
    everything = {fact["path"]: fact for fact in site.lines("articles", "--all", now=NEXT_MONDAY)}
    assert everything.items() >= told.items()


def test_scores_are_shown_where_they_rank(site: Site) -> None:
    configure(site, "[smtp]", 'rank = "score"\n[smtp]')
    facts = site.lines("articles")
    scores = [fact["rank_score"] for fact in facts if fact["in"]]
    assert scores
    assert all(0 <= score <= 2 for score in scores)
    assert f"[score {scores[0]:.2f}]" in site.run("articles").stdout


def test_what_is_out_is_told_by_the_kind_of_reason(site: Site) -> None:
    configure(site, "[smtp]", 'languages = ["en"]\n[smtp]')
    site.write("old.md", article("Old", "2025-12-02", expiryDate="2025-12-05"))
    site.write("german.md", article("Neues vom Kai", "2025-12-02", lang="de"))
    text = site.run("articles").stdout
    assert "OUT expired (1)" in text
    assert "OUT in another language (1)" in text


def test_what_nobody_has_dated_is_marked_as_dated_by_when_it_was_first_met(site: Site) -> None:
    with serving() as server:
        url = server.put(rss(("An undated bridge", "")), host="127.0.0.1")
        configure(
            site,
            'files = "content"\n',
            f'files = "content"\n[[sources]]\nfeed = "{url}"\n[feeds]\nallow_private = true\n',
        )
        assert site.run("feeds", "fetch", now="2025-12-03T12:00:00+00:00").exit_code == 0
    told = {fact["title"]: fact["dated"] for fact in site.lines("articles")}
    assert told.pop("An undated bridge") == "first seen"
    assert set(told.values()) == {"front matter"}
    marked = [line for line in site.run("articles").stdout.splitlines() if "dated by when it was first met" in line]
    assert [line.split("  ")[2] for line in marked] == ["An undated bridge"]


def test_of_an_article_in_two_languages_the_first_that_the_digest_names_is_shown(site: Site) -> None:
    configure(site, "[smtp]", 'languages = ["en", "de"]\n[smtp]')
    site.write("regatta.md", article("The regatta", "2025-12-02"))
    site.write("regatta.de.md", article("Die Regatta", "2025-12-03"))
    told = {fact["path"]: fact for fact in site.lines("articles")}
    assert told["content/regatta.md"]["in"]
    assert told["content/regatta.de.md"]["like"] == "content/regatta.md"
