"""Where a text is cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.cutting import cut, is_finished, mended, sentence_ends

SENTENCES = "The harbour opens on Monday. Ships come from everywhere. Nobody knows how many there will be this year"


def sentences(text: str) -> list[str]:
    pieces, start = [], 0
    for end in sentence_ends(text):
        pieces.append(text[start:end].strip())
        start = end
    return [*pieces, text[start:].strip()] if text[start:].strip() else pieces


def test_a_long_text_ends_with_a_sentence_where_one_ends_late_enough():
    assert cut(SENTENCES, 70) == "The harbour opens on Monday. Ships come from everywhere."


def test_a_long_text_ends_with_a_word_where_no_sentence_does():
    assert cut("Monday. Ships come from everywhere to the harbour.", 30) == "Monday. Ships come from…"


def test_a_text_ends_with_a_sentence_that_leaves_no_quotation_open_if_there_is_one():
    said = "They carry on with the work of the harbour. “Hello. We are back and we will stay,” she said."
    assert cut(said, 60) == "They carry on with the work of the harbour."
    assert cut(said.replace("“", '"').replace("”", '"'), 60) == "They carry on with the work of the harbour."
    assert cut("“It has come to pass. Let it be so.”", 30) == "“It has come to pass."


def test_a_short_text_stays_as_it_is():
    assert cut("Ships come", 10) == "Ships come"
    assert cut("Ships come", 0) == ""


@pytest.mark.parametrize(
    "text",
    [
        "The mayor thanked Dr. Smithers for it",
        "It came to the U.S. Senate for a vote",
        "Er kommt am 12. Mai in die Stadt zurück",
        "Она живёт на ул. Гоголя в доме у реки",
        "Le discours de Mme. Lefort a surpris la ville",
        "On Nov. 25 the ferry came back again",
        "a ship, e.g. The Swan, comes back soon",
    ],
)
def test_an_abbreviation_ends_no_sentence(text: str):
    assert cut(text, len(text) - 8).endswith("…")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("It floats. It swims!", ["It floats.", "It swims!"]),
        ("He said “Stop.” Then he left.", ["He said “Stop.”", "Then he left."]),
        ("Er sagte: „Halt.“ Dann ging er.", ["Er sagte: „Halt.“", "Dann ging er."]),
        ("Is it open? yes, it is.", ["Is it open? yes, it is."]),
        ("Version 3.5 is out. Get it.", ["Version 3.5 is out.", "Get it."]),
        ("هل فتح الميناء؟ نعم.", ["هل فتح الميناء؟", "نعم."]),
        ("بندرگاہ کھل گئی۔ جہاز آئے۔", ["بندرگاہ کھل گئی۔", "جہاز آئے۔"]),
        ("बंदरगाह खुल गया। जहाज़ आए।", ["बंदरगाह खुल गया।", "जहाज़ आए।"]),
        ("Άνοιξε το λιμάνι; Ναι.", ["Άνοιξε το λιμάνι;", "Ναι."]),
        ("One; Two.", ["One; Two."]),
        ("港口开放了。船来了！", ["港口开放了。", "船来了！"]),
        ("「開いた。」と彼。", ["「開いた。」", "と彼。"]),
        ("កំពង់ផែបើក។ នាវាមក។", ["កំពង់ផែបើក។", "នាវាមក។"]),
        ("ဆိပ်ကမ်းဖွင့်။ သင်္ဘောလာ။", ["ဆိပ်ကမ်းဖွင့်။", "သင်္ဘောလာ။"]),
    ],
)
def test_sentences_end_with_the_signs_of_their_scripts(text: str, parts: list[str]):
    assert sentences(text) == parts


def test_a_text_without_blanks_is_cut_between_its_characters():
    assert cut("港口将于星期一开放许多船只会从世界各地到来", 10) == "港口将于星期一开放…"
    assert cut("港口将于星期一开放。许多船只会从世界各地到来", 12) == "港口将于星期一开放。"


@pytest.mark.parametrize(
    "text",
    [
        "ท่าเรือเปิดวันจันทร์เรือมาจากทุกที่ในโลก",
        "ທ່າເຮືອເປີດວັນຈັນເຮືອມາຈາກທຸກບ່ອນໃນໂລກ",
        "ဆိပ်ကမ်းကိုတနင်္လာနေ့တွင်ဖွင့်သည်သင်္ဘောများလာသည်",
        "កំពង់ផែបើកនៅថ្ងៃច័ន្ទនាវាមកពីគ្រប់ទីកន្លែង",
        "みなとはげつようびにひらきふねはせかいじゅうからくる",
    ],
)
def test_languages_without_blanks_are_cut_near_the_length_and_not_at_a_blank_far_before(text: str):
    for longest in range(10, len(text)):
        shown = cut(text, longest)
        assert shown.endswith("…")
        assert text.startswith(shown[:-1])
        assert len(shown) > longest - 8


@pytest.mark.parametrize(
    "character",
    [
        *("👩\u200d🚀", "👨\u200d👩\u200d👧\u200d👦", "e\u0323\u0302", "🇩🇪", "👍🏽", "❤\ufe0f", "1\ufe0f\u20e3"),
        *("🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "ก็", "น้ำ", "เก", "ນ້ຳ", "က္က", "ក្ក"),
        *("क्षि", "ক্ষ", "நி", "\u1112\u1161\u11ab", "\u1100\u1100\u1161", "ی\u200cر", "\u0600١", "キャ"),
    ],
    ids=ascii,
)
def test_a_cut_never_parts_what_the_eye_takes_for_one_character(character: str):
    for start in range(4):
        text = "x" * start + character * 20
        for longest in range(len(character) + 5, 40):
            shown = cut(text, longest).removesuffix("…")
            assert text == shown or (len(shown) - start) % len(character) == 0 or len(shown) <= start


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("The plan goes thr...", "The plan goes…"),
        ("The plan goes thr [...]", "The plan goes thr…"),
        ("He thanked Dr. Smi...", "He thanked Dr.…"),
        ("It opens on Monday. Th...", "It opens on Monday."),
        ("港口将于星期一开...", "港口将于星期一开…"),
        ("...", ""),
        ("Nothing is missing.", "Nothing is missing."),
    ],
)
def test_a_text_that_was_cut_in_a_word_ends_with_the_last_whole_one(text: str, whole: str):
    assert mended(text) == whole


def test_a_text_is_finished_with_its_sentence():
    assert is_finished("It floats.")
    assert is_finished("He said “Stop.”")
    assert is_finished("开放了。")
    assert not is_finished("It floats…")
    assert not is_finished("It floats...")
    assert not is_finished("It floats")


@given(st.text(max_size=400), st.integers(2, 300))
def test_a_cut_is_never_longer_than_asked_for(text: str, longest: int):
    assert len(cut(" ".join(text.split()), longest)) <= longest


@given(st.text(max_size=300), st.integers(0, 100))
def test_what_is_shown_stands_in_the_text(text: str, longest: int):
    tidy = " ".join(text.split())
    assert tidy.startswith(cut(tidy, longest).removesuffix("…").rstrip())
    assert tidy.startswith(mended(tidy).removesuffix("…").rstrip())


@given(st.text(alphabet="ab .!?。;…\"' ", max_size=200))
def test_sentences_follow_each_other(text: str):
    ends = list(sentence_ends(text))
    assert ends == sorted(set(ends))
    assert all(0 < end <= len(text) for end in ends)


@pytest.mark.parametrize("piece", ["🇩", "e\u0301", "ก", "a.", ". ", "…", "x", "\u1100"])
def test_hostile_repetition_costs_little(piece: str):
    text = piece * 20_000
    assert len(cut(text, 3_000)) <= 3_000
    assert len(mended(text)) <= len(text)
