"""How alike two articles are, by their titles and their excerpts."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.compose.likeness import EQUAL, SAID, features, likeness
from digest.compose.stories import Told, tell_apart
from digest.model import Article
from tests.core.composed import START, article

EXCERPT = (
    "The bridge was built by two brothers, who never spoke to each other again after it had opened to the first tram."
)
OTHER = (
    "On Saturday anyone may climb down to the machines; bring a jacket, and leave your dog with the man at the gate."
)

SAME = """
The night ferry is back, and it runs on batteries // The night ferry is back and it runs on batteries!
The night ferry is back, and it runs on batteries // THE NIGHT FERRY IS BACK – AND IT RUNS ON BATTERIES
The night ferry is back, and it runs on batteries // Night ferry back, it runs on batteries
Council approves the harbour plan for Norrby // Live: Council approves the harbour plan for Norrby
Council approves the harbour plan for Norrby // UPDATE: Council approves harbour plan for Norrby
Council approves the harbour plan for Norrby // Updated – Council approves the harbour plan for Norrby
Council approves the harbour plan for Norrby // [Exclusive] Council approves the harbour plan for Norrby
Council approves the harbour plan for Norrby // Breaking news: Council approves the harbor plan for Norrby
Council approves the harbour plan for Norrby // Council approves the harbour plan for Norrby - Quay Post
Council approves the harbour plan for Norrby // Council approves the harbour plan for Norrby | The Quay Post
Council approves the harbour plan for Norrby // Council approves the harbour plan for Norrby — quay-post.example
Why we organise the harbour festival again // Why we organize the harbour festival again
Neighbours analysed the colour of the theatre // Neighbors analyzed the color of the theater
An e-mail to all who load the ships at night // An email to all who load the ships at night
The bakers' strike in Norrby is over after a week // The bakers’ strike in Norrby is over after a week
Mayor was arrested at the airport of Norrby on Friday // Mayor arrested at the airport of Norrby on Friday
Sweden, Norway and Denmark agree on a night train // Sweden, Norway, Denmark agree on night train
Eilmeldung: Die Brücke in Unterbach ist gesperrt // Die Brücke in Unterbach gesperrt
Le pont de Valmer est fermé pour les piétons // Le pont de Valmer fermé pour piétons
What the X-ray of the old swing bridge shows // What the x‐ray of the old swing bridge shows
Why is the bridge closed on Fridays? // Why is a bridge closed on Fridays?
The rate is up 5% in Norrby this week // Rate up 5 percent in Norrby this week
夜のフェリーが戻り、電池で走るようになった北の港の話 // 夜のフェリーが戻り電池で走るようになった北の港の話
정부는 내년부터 유류세를 인상한다고 밝혔다 // 정부는 내년부터, 유류세를 인상한다고 밝혔다!
"""

DIFFERENT = """
Norway wins the European handball championship after a late goal // Norway wins the women's European handball championship after a late goal
President arrested on charges of fraud as he lands at the airport // Former president arrested on charges of fraud as he lands at the airport
Government plans to raise the tax on fuel from the start of the year // Government drops plans to raise the tax on fuel from the start of the year
Brand new iPhone review: the camera is what counts for most of us // Brand new iPhone Pro review: the camera is what counts for most of us
Fire destroys a warehouse in the port of Hamburg during the night // Another fire destroys a warehouse in the port of Hamburg during the night
GPT-5 released to all users with a new interface and longer context // GPT-5 mini released to all users with a new interface and longer context
Prime minister resigns after the scandal over money in the capital // Deputy prime minister resigns after the scandal over money in the capital
Bank of England expected to cut interest rates at its meeting // Bank of England expected to cut interest rates at its next meeting
Planning applications received by the district council // Planning applications received by the district council committee
The release candidate is out with many fixes for the file systems // The release is out with many fixes for the file systems
Arsenal beat Chelsea in the cup on a rainy night // Arsenal beat Chelsea in the league cup on a rainy night
Chelsea beat Arsenal at Wembley in the final // Arsenal beat Chelsea at Wembley in the final
What is new in the small harbour program 1.2 // What is new in the small harbour program 1.3
What is new in the small harbour program 12.1 // What is new in the small harbour program 1.21
What is new in the small harbour program 1.2 // What is new in the small harbour program 12
What is new in the small harbour program // What is new in the small harbour program 2
How the town was built, part one: the river // How the town was built, part two: the river
How the town was built, part A // How the town was built, part B
How the town was built, part A // How the town was built, part
Release of the library is out with bug fixes // Release a of the library is out with bug fixes
Coach resigns with the Norrby Lakers // Coach re-signs with the Norrby Lakers
Man's laughter heard in the court of Norrby // Manslaughter heard in the court of Norrby
Is the swing bridge dead? // The swing bridge is dead
Are we alone in the harbour // We are alone in the harbour
Was the harbour master a woman? // The harbour master was a woman
When was the swing bridge built? // When the swing bridge was built
Ist die Brücke in Unterbach gesperrt? // Die Brücke in Unterbach ist gesperrt
Shares of the harbour fall 5% // Shares of the harbour fall $5
Shares of the harbour fall 5% // Shares of the harbour fall 5
Tickets for the ferry at £5 // Tickets for the ferry at €5
Nights of -5 expected on the coast // Nights of 5 expected on the coast
Nights of −5 expected on the coast // Nights of 5 expected on the coast
Bank of Norrby moves its rates by +0.5 // Bank of Norrby moves its rates by -0.5
Vitamin A and the heart: what the trials show us // Vitamin and the heart: what the trials show us
The mayor says that the bridge will be closed // The mayor says that the bridge will not be closed
Talks on Iran end without a result in Geneva // Talks in Iran end without a result in Geneva
Night flights from Norrby are cheaper again // Night flights to Norrby are cheaper again
Two people die in a crash on the motorway // Two people in a crash on the motorway
Police investigate death of pensioner in Bristol flat // Police investigate deaths of pensioner in Bristol flat
A day of mourning in the churches of Norrby // A day of morning in the churches of Norrby
Council approves new housing scheme for Morton // Council approves new housing scheme for Moreton
Appeal for information after a crash in Newton // Appeal for information after a crash in Newtown
Obituary: Maria Jansen, nurse and founder of the choir // Obituary: Marie Jansen, nurse and founder of the choir
Obituary: Martin Keller, farmer and mayor of Norrby // Obituary: Martina Keller, farmer and mayor of Norrby
Police seek witnesses after jewellery robbery in Berlin // Police seek witnesses after jewellery robbery in Munich
Weather in Berlin for the coming days // Weather in Hamburg for the coming days
The compiler for C++ is out with better messages // The compiler for C is out with better messages
Weather warning for the coast | Norrby // Weather warning for the coast | Visby
Schools in the north: what to expect // Roads in the north: what to expect
Die Ministerin besucht die Ukraine und spricht über Frieden // Die Ministerin besuchte die Ukraine und spricht über Frieden
Der Rat stimmt der neuen Brücke im Norden zu // Der Rat stimmt der neuen Brücke im Norden nicht zu
Was am Hafen im März los ist und was es kostet // Was am Hafen im Mai los ist und was es kostet
Statsministeren går av etter rettssaken om partiets penger // Statsministeren går ikke av etter rettssaken om partiets penger
Regeringen vill höja skatten på bensin nästa år // Regeringen vill inte höja skatten på bensin nästa år
Rząd chce podnieść podatek od paliwa w przyszłym roku // Rząd nie chce podnieść podatek od paliwa w przyszłym roku
Hükümet gelecek yıl vergiyi artıracak dedi bakan // Hükümet gelecek yıl vergiyi değil artıracak dedi bakan
Министр подтвердил планы закрыть завод в Челябинске // Министр опроверг планы закрыть завод в Челябинске
Прогноз погоды в Москве на понедельник: дождь и ветер // Прогноз погоды в Москве на вторник: дождь и ветер
رئيس الوزراء يعلن استقالته بعد الاحتجاجات في العاصمة // رئيس الوزراء لا يعلن استقالته بعد الاحتجاجات في العاصمة
सरकार अगले साल पेट्रोल पर कर बढ़ाएगी मंत्री ने कहा // सरकार अगले साल पेट्रोल पर कर नहीं बढ़ाएगी मंत्री ने कहा
北京市今日发布大雾黄色预警信号请市民注意出行安全 // 南京市今日发布大雾黄色预警信号请市民注意出行安全
国家统计局公布上半年居民消费价格指数同比上涨 // 国家统计局公布下半年居民消费价格指数同比上涨
東京都は来年からすべての小学校で給食を無料にすると発表 // 東京都は来年からすべての中学校で給食を無料にすると発表
政府は来年四月から税を引き上げると財務大臣が述べた // 政府は来年四月から税を引き上げないと財務大臣が述べた
นายกรัฐมนตรีประกาศลาออกจากตำแหน่งหลังการประท้วง // นายกรัฐมนตรีประกาศไม่ลาออกจากตำแหน่งหลังการประท้วง
정부는 내년부터 유류세를 인상한다고 장관이 밝혔다 // 정부는 내년부터 유류세를 인하한다고 장관이 밝혔다
정부는 내년부터 유류세를 인상한다고 장관이 밝혔다 // 정부는 내년부터 유류세를 안 인상한다고 장관이 밝혔다
"""


def pairs(table: str) -> list[list[str]]:
    return [line.split(" // ") for line in table.strip().splitlines()]


def on(site: str, title: str, excerpt: str = "", **fields: Any) -> Article:
    return article(f"{site}-{title}", title=title, excerpt=excerpt, source=f"https://{site}.example/x", **fields)


def alike(one: str, other: str, excerpts: tuple[str, str] = ("", ""), sites: tuple[str, str] = ("a", "b")) -> int:
    first, second = (
        features(on(site, title, excerpt)) for site, title, excerpt in zip(sites, (one, other), excerpts, strict=True)
    )
    return likeness(first, second)


@pytest.mark.parametrize(("one", "other"), pairs(SAME))
def test_titles_that_say_the_same_are_one_story(one: str, other: str):
    first, second = on("harbour-times", one, day=0), on("quay-post", other)
    assert len(tell_apart((first, second), (), 90)[0]) == 1
    [retold] = tell_apart((second,), (Told(first, "weekly/2025-W48"),), 90)[1]
    assert retold.score in {SAID, EQUAL}


@pytest.mark.parametrize(("one", "other"), pairs(DIFFERENT))
def test_titles_that_differ_in_one_word_that_means_something_are_two(one: str, other: str):
    first, second = on("harbour-times", one, day=0), on("quay-post", other)
    assert len(tell_apart((first, second), (), 50)[0]) == 2
    assert tell_apart((second,), (Told(first, "weekly/2025-W48"),), 50)[0] == (second,)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The harbour in week 48, seen from the bridge", "The harbour in week 49, seen from the bridge"),
        ("What happens in the harbour on Monday evening", "What happens in the harbour on Tuesday evening"),
        ("How the town was built, part II: the river", "How the town was built, part III: the river"),
        ("The mayor says that the bridge will be closed", "The mayor says that the bridge will not be closed"),
        ("Statsministeren går av i dag etter rettssaken", "Statsministeren går ikke av i dag etter rettssaken"),
        ("北の港の古い橋が九十年を迎え機関室を公開する第一部", "北の港の古い橋が九十年を迎え機関室を公開する第二部"),
    ],
)
def test_titles_that_differ_in_a_word_that_tells_are_never_alike(one: str, other: str):
    assert alike(one, other, (EXCERPT, EXCERPT)) == 0


def test_similar_titles_with_the_same_excerpt_on_another_site_are_as_alike_as_the_less_alike_of_both():
    one, other = "Old swing bridge turns ninety today in Norrby", "Old swing bridge turns ninety in Norrby"
    assert alike(one, other) == 0
    assert alike(one, other, (EXCERPT, OTHER)) == 0
    assert alike(one, other, (EXCERPT, EXCERPT)) == 93
    assert alike(one, other, (EXCERPT, f"{EXCERPT} It is well known who of them began.")) == 84
    assert alike(one, other, (EXCERPT, EXCERPT), ("a", "a")) == 0


TITLE_CASE = "Night Ferry Is Back Again With Much Better Food And A Bigger Deck For All On Board"
LONG = "Best Norrby ferry tickets for 2025: Round trips with Sunline are only 60 for one year, plus major cuts at Quay Lines"


@pytest.mark.parametrize(
    "again",
    [
        "Best Norrby ferry tickets for 2025: One year of round trips with Sunline for 60, plus big cuts at the Quay Lines",
        "Best Norrby ferry tickets for 2025: Round trips with Sunline are 60 for one year, plus major cuts at Quay Lines",
    ],
)
def test_a_page_that_comes_again_with_a_new_title_is_one_story(again: str):
    assert alike(LONG, again, (EXCERPT, EXCERPT), ("a", "a")) >= 85
    assert alike(LONG, again, (EXCERPT, OTHER), ("a", "a")) == 0
    assert alike(LONG, again, ("", ""), ("a", "a")) == 0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (LONG, LONG.replace("Sunline", "Northline")),
        (LONG, LONG.replace("60", "70")),
        (LONG, LONG.replace("2025", "2026")),
        (LONG, LONG.replace("are only", "are not only")),
        ("The harbour this evening: the ferry is late", "The harbour this evening: the bridge is late"),
        (TITLE_CASE, TITLE_CASE.replace("Better", "Worse")),
    ],
)
def test_titles_of_one_site_that_differ_in_more_than_small_words_are_two(one: str, other: str):
    assert alike(one, other, (EXCERPT, EXCERPT), ("a", "a")) == 0


def test_an_excerpt_that_repeats_the_title_and_says_little_more_says_nothing():
    one, other = "Old swing bridge turns ninety today in Norrby", "Old swing bridge turns ninety in Norrby"
    more = "Subscribe to read the whole article on our pages."
    assert alike(one, other, (f"{one}. {more}", f"{one}. {more}")) == 0


def test_only_equal_titles_are_wholly_alike():
    assert alike("The night ferry is back in town", "The night ferry is back in town!") == EQUAL
    assert alike("The night ferry is back in town", "Night ferry is back in town") == SAID


titles = st.lists(
    st.sampled_from(["the", "a", "old", "bridge", "Live:", "harbour", "harbor", "3", "monday", "not", "橋", "| a"]),
    max_size=8,
).map(" ".join)
excerpts = st.sampled_from([EXCERPT, f"{EXCERPT} It is.", OTHER, ""])


@given(titles, titles, excerpts, excerpts)
def test_likeness_goes_both_ways_and_stays_within_its_bounds(one: str, other: str, a: str, b: str):
    there = alike(one, other, (a, b))
    assert 0 <= there <= EQUAL
    assert there == alike(other, one, (b, a), ("b", "a"))


@given(st.text(max_size=300), st.text(max_size=300))
def test_no_text_is_too_strange_to_be_compared(one: str, other: str):
    assert 0 <= alike(one, other, (other, one)) <= EQUAL


@given(
    st.lists(st.tuples(titles, excerpts, st.sampled_from("ab"), st.sampled_from([0, 0.1, 3])), max_size=12),
    st.randoms(use_true_random=False),
)
def test_the_order_in_which_articles_are_compared_means_nothing(given: list[tuple[str, str, str, float]], chance: Any):
    articles = [
        article(f"{at}", title=title, excerpt=excerpt, source=f"https://{site}.example/{at}", day=day)
        for at, (title, excerpt, site, day) in enumerate(given)
    ]
    earlier, candidates = [Told(each, "weekly/2025-W48") for each in articles[::3]], [*articles[1::3], *articles[2::3]]
    once = tell_apart(candidates, earlier, 90)
    chance.shuffle(candidates)
    new, again = tell_apart(candidates, earlier, 90)
    assert (new, set(again)) == (once[0], set(once[1]))
    assert len(new) + len(again) == len(candidates)


def test_a_title_as_long_as_a_book_is_read_no_further_than_it_tells():
    book = " ".join(f"word{at}" for at in range(100_000))
    assert len(features(Article("book", book, START)).title) <= 1000
