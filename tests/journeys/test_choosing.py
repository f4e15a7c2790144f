"""What ``digest articles`` says of stories that are told again, and of what comes first."""

from __future__ import annotations

from tests.journeys.conftest import Site, article
from tests.journeys.steps import configure, subscribe

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
    site.write("old.md", article("Old", "2025-12-02", expiryDate="2025-12-05"))
    site.write("german.md", article("Neues vom Kai", "2025-12-02", lang="de"))
    text = site.run("articles").stdout
    assert "OUT expired (1)" in text
    assert "OUT in another language (1)" in text
