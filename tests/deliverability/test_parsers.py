"""Whatever stands in the DNS was written by somebody else: no text stops the reading, and what is read is what it says."""

from __future__ import annotations

import base64
from ipaddress import IPv4Address, IPv4Network, ip_address, ip_network

import dns.rdata
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.deliverability import spf, tags
from digest.deliverability.examining import examine
from digest.deliverability.findings import txt
from digest.deliverability.rules.dkim import key_of
from digest.deliverability.spf import Mechanism, Policy, Result, Step
from digest.resolving import Answer, Kind, Status
from tests.deliverability.conftest import GREETING, NOW, PLAN, Greetings, Somewhere

WORDS = st.sampled_from([
    "v=spf1", "v=DMARC1", "v=DKIM1", "include:", "redirect=", "a", "mx", "ptr", "exists:", "ip4:", "ip6:", "all", "-all",
    "k=rsa", "p=", "p=none", "rua=", "sp=", "pct=", "t=y", "h=", "s=", "%{i}", "/24", "//64", "::", "1.2.3.4", "=", ";",
    ":", "a.example", "b.example", "MIIB", "\x00", "é", "\ufffd", " ", "\n",
])  # fmt: skip
TEXTS = st.one_of(
    st.text(max_size=80),
    st.lists(WORDS, max_size=12).map("".join),
    st.lists(WORDS, max_size=12).map(" ".join).map("v=spf1 {}".format),
    st.lists(WORDS, max_size=12).map("; ".join).map("v=DMARC1; {}".format),
)


class AnyWorld:
    """A DNS in which every name has whatever hypothesis puts there."""

    def __init__(self, data: st.DataObject) -> None:
        self._data = data
        self.asked: dict[tuple[str, Kind], Answer] = {}

    def ask(self, name: str, kind: Kind) -> Answer:
        question = (name.lower(), kind)
        if question not in self.asked:
            self.asked[question] = self._data.draw(self._answers(kind))
        return self.asked[question]

    def _answers(self, kind: Kind) -> st.SearchStrategy[Answer]:
        values: st.SearchStrategy[str] = {
            Kind.A: st.ip_addresses(v=4).map(str),
            Kind.AAAA: st.ip_addresses(v=6).map(str),
            Kind.TXT: TEXTS,
        }.get(kind, st.sampled_from([".", "a.example", "b.example", "mail.quay.example"]))
        nothing = st.sampled_from([Status.NO_NAME, Status.NO_RECORD, Status.UNANSWERED]).map(Answer)
        found = st.lists(values, min_size=1, max_size=3).map(lambda found: Answer(Status.FOUND, tuple(found)))
        return st.one_of(found, nothing)


@given(data=st.data())
def test_no_record_of_any_kind_stops_a_look_from_outside(data: st.DataObject) -> None:
    world = AnyWorld(data)
    for finding in examine(PLAN, world, Greetings({"relay.quay.example": GREETING}), Somewhere({}), NOW):
        assert finding.subject
        assert finding.source
        assert finding.found.isprintable()
        assert "\n" not in finding.advice
    assert len(world.asked) < 1000


@given(TEXTS)
def test_any_text_is_spf_or_says_why_not(text: str) -> None:
    record = spf.parse(text)
    assert record.terms == () or not record.fault
    assert [term.mechanism for term in record.terms].count(Mechanism.ALL) <= 1


@given(TEXTS)
def test_any_text_is_a_list_of_tags_or_says_why_not(text: str) -> None:
    found = tags.parse(text)
    assert bool(found.values) != bool(found.fault)
    assert tags.is_dmarc(text) in {True, False}
    key_of(found)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_key_or_none(data: bytes) -> None:
    key = key_of(tags.Tags({"p": base64.b64encode(data).decode()}))
    assert key is None or key.identity


MODIFIED = ["exp=why.example", "other=thing", "x-y=%{d}"]


@pytest.mark.parametrize("modifier", MODIFIED)
def test_modifiers_that_decide_nothing_are_passed_over(modifier: str) -> None:
    assert spf.parse(f"v=spf1 {modifier} -all") == spf.parse("v=spf1 -all")


@pytest.mark.parametrize(
    "word",
    ["-a=b", "redirect=", "a:", "mx/33", "a//129", "ip6:1.2.3.4", "ip4:1.2.3.4/33", "include", "exists", "ptr:localhost",
     "include:a..", "\ta", "aa", "1.2.3.4"],
)  # fmt: skip
def test_one_word_that_is_no_spf_breaks_the_record(word: str) -> None:
    record = spf.parse(f"v=spf1 ip4:192.0.2.1 {word} -all")
    assert record.terms == ()
    assert record.fault


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("v=spf1", True), ("V=SPF1 -all", True), ("v=spf10 -all", False), ("v=spf1; -all", False), (" v=spf1", False), ("", False)],
)  # fmt: skip
def test_a_record_is_of_spf_by_its_first_word(text: str, is_one: bool) -> None:
    assert spf.is_spf(text) is is_one


def policy(text: str) -> Policy:
    """A record of addresses alone, which needs no DNS."""
    record = spf.parse(text)
    steps = tuple(Step(term, (term.network,) if term.network else ()) for term in record.terms)
    return Policy("quay.example", Answer(Status.FOUND, (text,)), (text,), record, steps)


@given(
    rows=st.lists(st.tuples(st.sampled_from("+-~?"), st.ip_addresses(v=4), st.integers(0, 32)), max_size=6),
    address=st.ip_addresses(v=4),
    inside=st.integers(0, 5),
)
def test_the_first_network_that_holds_an_address_decides(
    rows: list[tuple[str, IPv4Address, int]], address: IPv4Address, inside: int
) -> None:
    if inside < len(rows):
        address = rows[inside][1]
    text = " ".join(["v=spf1", *(f"{sign}ip4:{start}/{length}" for sign, start, length in rows), "-all"])
    signs = (sign for sign, start, length in rows if address in IPv4Network((start, length), strict=False))
    assert spf.evaluate(policy(text), address) is spf.QUALIFIERS[next(signs, "-")]


def test_an_ipv4_network_holds_no_ipv6_address() -> None:
    assert spf.evaluate(policy("v=spf1 ip4:0.0.0.0/0"), ip_address("2001:db8::1")) is Result.NEUTRAL
    assert spf.evaluate(policy("v=spf1 ip6:2001:db8::/32"), ip_address("2001:db8::1")) is Result.PASS
    assert spf.parse("v=spf1 ip6:2001:db8::/32").terms[0].network == ip_network("2001:db8::/32")


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=700))
def test_a_record_to_publish_is_cut_into_strings_that_fit(text: str) -> None:
    line = txt("quay.example", f"x{text}")
    name, kind, rest = line.split(" ", 2)[0], *line.split(" ", 3)[2:]
    record = dns.rdata.from_text("IN", kind, rest)
    assert name == "quay.example."
    assert b"".join(record.strings).decode() == f"x{text}"
