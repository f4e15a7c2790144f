"""Cutting plain text where a reader would: at the end of a sentence, of a word, never inside a character."""

# ruff: noqa: RUF001 - signs of many scripts are what this module tells apart

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

# --- sentences -----------------------------------------------------------------------------------------------------

# Latin, Arabic, Urdu, Armenian, Ethiopic, Indic, Khmer, Myanmar, CJK signs, and what closes behind them. (What closes in
# »…« and „…“ opens elsewhere.)
_SENTENCE_SIGNS = tuple(".!?؟۔։።।॥។။。！？｡")
_UNSPACED_SIGNS = frozenset("。！？｡")
_GREEK = re.compile(r"[\u0370-\u03ff\u1f00-\u1fff]")  # their semicolon asks
_SIGN = re.compile(r"[.!?;؟۔։።।॥។။。！？｡]+[\"'“”‘’«»‹›)\]」』）]*")
_ABBREVIATED = (
    "mr mrs ms dr st vs no jr sr inc corp co ltd prof gov sen rep gen col lt sgt rev hon capt dept est fig vol pp ed al",
    "jan feb mar apr jun jul aug sept sep oct nov dec approx mt ft",
    "bzw ca nr evtl ggf inkl zzgl vgl str tel hr fr abs bd hrsg sog mio mrd",
    "mme mlle av sra ud uds dra pág núm sig sigg dott avv ing dhr mevr drs bijv",
    "ул им проф тыс млн млрд руб стр гл акад др",
)
_ABBREVIATIONS = frozenset(word for words in _ABBREVIATED for word in words.split())
_ABBREVIATION_MAXIMUM = 16  # characters that are looked back
_DAY_DIGITS = 2  # am 12. Mai


def sentence_ends(text: str, start: int = 0, stop: int | None = None) -> Iterator[int]:
    """Where sentences of a tidy text end, from ``start`` on, as far as their signs tell; nothing behind ``stop``.

    An abbreviation ends none, and what goes on with a small letter has not ended.
    """
    for found in _SIGN.finditer(text, start, len(text) if stop is None else stop):
        if _ends_sentence(text, found.start(), found.end()):
            yield found.end()


def _ends_sentence(text: str, sign: int, end: int) -> bool:
    if text[sign] in _UNSPACED_SIGNS:
        return True
    following = text[end : end + 2]
    if following[:1].strip() or following[1:].islower():
        return False
    if text[sign] == ".":
        return not _abbreviated(text, sign)
    return text[sign] != ";" or bool(_GREEK.match(text[sign - 1 : sign]))


def is_finished(text: str) -> bool:
    """Whether a text ends with the end of a sentence, and not with an ellipsis or in the midst of one."""
    return text.rstrip("\"'“”‘’«»‹›)]」』）").endswith(_SENTENCE_SIGNS) and not text.endswith("...")


def _abbreviated(text: str, at: int) -> bool:
    blank = text.rfind(" ", max(0, at - _ABBREVIATION_MAXIMUM), at)
    if blank < 0 < at - _ABBREVIATION_MAXIMUM:
        return False
    word = text[blank + 1 : at].strip("\"'“”‘’«»()[]").lower()
    return word in _ABBREVIATIONS or len(word) == 1 or "." in word or (word.isdigit() and len(word) <= _DAY_DIGITS)


# --- cutting -------------------------------------------------------------------------------------------------------

_ELLIPSIS = re.compile(r"(?P<gap>\s?)[\[(]?(?:\.{3}|…)[.…]*[\])]?$")
_ELLIPSIS_MAXIMUM = 12  # characters
# Scripts that put no blanks between words: Thai to Tibetan, Myanmar, Khmer, Tai, kana, Han.
_UNSPACED_RANGES = (
    r"\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u1950-\u19ff\u1a20-\u1aad\ua9e0-\ua9fe\uaa60-\uaadf"
    r"\u3000-\u30ff\u31f0-\u31ff\u3400-\u9fff\uf900-\ufaff\uff01-\uff9f\U0001b000-\U0001b16f\U00020000-\U0003ffff"
)
_UNSPACED = re.compile(f"[{_UNSPACED_RANGES}]")
_LAST_WORD = re.compile(rf"[^\s{_UNSPACED_RANGES}]+$")
_LOOSE_END = " ,;:-–—·|/&(\\[{<“‘«„「『（【、，；：〈《،؛"


def cut(text: str, longest: int) -> str:
    """At most ``longest`` characters of a tidy text.

    It ends with a sentence where one ends in its second half, at best one that leaves no quotation open, else with a
    whole word and an ellipsis; never inside a character that the eye takes for one.
    """
    if len(text) <= longest:
        return text
    if longest < 1:
        return ""
    ends = [end for end in sentence_ends(text, longest // 2, longest + 2) if end <= longest]
    if not ends:
        return _with_ellipsis(text, longest - 1)
    return text[: next((end for end in reversed(ends) if not _quotes(text[:end])), ends[-1])]


def _quotes(text: str) -> bool:
    """Whether a quotation is open at the end of a text."""
    curly = text.count("“") - text.count("”") if "„" not in text else 0
    return curly > 0 or text.count('"') % 2 > 0


def mended(text: str) -> str:
    """A text that somebody cut at a number of characters, cut again where a reader would; any other as it is."""
    found = _ELLIPSIS.search(text, max(0, len(text) - _ELLIPSIS_MAXIMUM))
    if not found:
        return text
    rest = text[: found.start()]
    if not found["gap"]:  # the last word may be half a word
        rest = _without_last_word(rest) or rest
    if is_finished(rest) and not (rest.endswith(".") and _abbreviated(rest, len(rest) - 1)):
        return rest
    return rest.rstrip(_LOOSE_END) + "…" if rest else ""


def _without_last_word(text: str) -> str:
    end = len(text)
    while end and text[end - 1] != " " and not _UNSPACED.match(text[end - 1]):
        end -= 1
    return text[:end].rstrip()


def _with_ellipsis(text: str, longest: int) -> str:
    end = next((i for i in range(longest, longest // 2, -1) if _between_words(text, i)), 0)
    end = end or next((i for i in range(longest, 0, -1) if not _joined(text, i)), longest)
    return text[:end].rstrip(_LOOSE_END) + "…"


def _between_words(text: str, at: int) -> bool:
    before, after = text[at - 1], text[at]
    spaced = after == " " or before == " "
    return spaced or (not _joined(text, at) and any(_UNSPACED.match(side) for side in (before, after)))


# --- what the eye takes for one character ----------------------------------------------------------------------------

_VIRAMA = 9  # the combining class of the sign by which Indic scripts join two consonants
_MARKS = frozenset({"Mn", "Mc", "Me"})
_JOINERS = frozenset("\u200c\u200d")
_SARA_AM = frozenset("\u0e33\u0eb3")  # letters by category, but drawn into the one before (UAX 29, Extend)
_LEADING_VOWELS = frozenset("\u0e40\u0e41\u0e42\u0e43\u0e44\u0ec0\u0ec1\u0ec2\u0ec3\u0ec4")  # read after what follows
_NUMBER_SIGNS = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f")  # drawn around what follows
# What may not begin a line of Japanese, and no more be parted from what is before it: small kana, the long vowel.
_SMALL_KANA = frozenset("ぁぃぅぇぉっゃゅょゎゕゖァィゥェォッャュョヮヵヶーゝゞヽヾ々")


def _joined(text: str, at: int) -> bool:
    """Whether the characters before and after belong to one that a reader sees (UAX 29, and what scripts add to it)."""
    before, after = text[at - 1], text[at]
    if unicodedata.category(after) in _MARKS or unicodedata.combining(before) == _VIRAMA:
        return True
    if before in _JOINERS or after in _JOINERS or after in _SARA_AM or after in _SMALL_KANA:
        return True
    if before in _LEADING_VOWELS or before in _NUMBER_SIGNS:
        return True
    if "\U0001f3fb" <= after <= "\U0001f3ff" or "\U000e0020" <= after <= "\U000e007f":  # skin tones, tags
        return True
    return _joined_jamo(before, after) or (_is_flag_letter(after) and _parts_a_flag(text, at))


def _joined_jamo(before: str, after: str) -> bool:
    """Hangul syllables that have no character of their own are written as their consonants and vowels."""
    leading = "\u1100" <= before <= "\u115f" or "\ua960" <= before <= "\ua97c"
    if "\u1160" <= after <= "\u11ff" or "\ud7b0" <= after <= "\ud7fb":
        return True
    return leading and ("\u1100" <= after <= "\u115f" or "\ua960" <= after <= "\ua97c" or "\uac00" <= after <= "\ud7a3")


def _parts_a_flag(text: str, at: int) -> bool:
    """Flags are pairs of letters: whether an odd number of them stands before."""
    letters = next((n for n in range(at) if not _is_flag_letter(text[at - 1 - n])), at)
    return letters % 2 == 1


def _is_flag_letter(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"
