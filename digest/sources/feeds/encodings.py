"""Which characters a feed's bytes stand for: what its server says, what it says itself, and what it then is."""

from __future__ import annotations

import codecs
import re

_MARKS = (  # byte order marks, and how `<?` and `<r` begin without one (XML 1.0, appendix F)
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (b"\x00\x00\x00<", "utf-32-be"),
    (b"<\x00\x00\x00", "utf-32-le"),
    (b"\x00<", "utf-16-be"),
    (b"<\x00", "utf-16-le"),
)
_DECLARED = re.compile(rb"\s*<\?xml[^>]{0,200}?\sencoding\s*=\s*[\"']([\w.:-]{1,40})[\"']", re.ASCII)
# Codecs for text alone: Python also knows some that compress, unescape, or need ages for what is long.
_FOR_TEXT = re.compile(r"ascii|big5|cp\d|euc|gb|iso|koi8|mac|shift_jis|tis|utf-(?:8|16|32)")
_WIDER = {  # what the authors of such declarations use (WHATWG Encoding, 4.2)
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
}
_UTF8 = "utf-8"
_MIXED = "windows-1252 between"  # a handler of errors, by the name that Python has to know it by
TOLERABLE = 100  # characters of which one may be broken where an encoding is named
_ESCAPE = b"\x1b"  # begins another set of characters in the ISO 2022 encodings, whose bytes are all ASCII


def decode(data: bytes, charset: str) -> tuple[str, tuple[str, ...]]:
    """The text of a feed, and what is wrong with what its server (``charset``) and itself say of its encoding.

    A mark at its beginning wins, then being UTF-8, which no other text is by chance; then the server's word before the
    feed's own (RFC 7303, 3). Bytes
    that nothing explains are read as Windows-1252. Never raises.
    """
    for mark, name in _MARKS:
        if data.startswith(mark):
            return data.decode(name, "replace").removeprefix("\ufeff"), ()
    found = _DECLARED.match(data)
    said = tuple(filter(None, (charset, found[1].decode("ascii") if found else "")))
    names = tuple(filter(None, map(_codec, said)))
    if _ESCAPE not in data or not any(name.startswith("iso2022") for name in names):
        names = (_UTF8, *names)
    for name in names:
        try:
            text = codecs.getincrementaldecoder(name)().decode(
                data
            )  # which waits for more where a character is cut off
        except UnicodeError:  # also one without a mark that UTF-16 needs
            continue
        return text, () if data.isascii() else _contradictions(said, name)
    faults = (f"its bytes are not the {said[0] if said else 'UTF-8'} that they should be",)
    for name in names:
        text = data.decode(name, "replace")
        if name != _UTF8 and text.count("\ufffd") * TOLERABLE < len(text):
            return text, faults
    return data.decode(_UTF8, _MIXED), faults


def _codec(label: str) -> str:
    """The codec that a name stands for, "" for one that is unknown or not for text."""
    try:
        name = codecs.lookup(label).name
    except (LookupError, ValueError):  # ValueError: a NUL in the name
        return ""
    return _WIDER.get(name, name) if _FOR_TEXT.match(name) else ""


def _contradictions(said: tuple[str, ...], name: str) -> tuple[str, ...]:
    return tuple(f"says that it is {label}, and is {name}" for label in dict.fromkeys(said) if _codec(label) != name)


def _as_windows_1252(error: UnicodeError) -> tuple[str, int]:
    """What bytes mean that are no UTF-8; nothing where the end has cut a character off."""
    assert isinstance(error, UnicodeDecodeError)
    cut_off = error.reason == "unexpected end of data"
    return "" if cut_off else error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error(_MIXED, _as_windows_1252)
