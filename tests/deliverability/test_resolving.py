"""The DNS client, asking a real server on loopback."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import ConfigError
from digest.resolving import Answer, Kind, Resolver, Status
from tests.deliverability.nameserver import NameServer, on_duty

ZONE = """\
quay.example. 60 IN TXT "v=spf1 a" " -all"
quay.example. 60 IN MX 20 b.quay.example.
quay.example. 60 IN MX 10 a.quay.example.
null.example. 60 IN MX 0 .
a.quay.example. 60 IN A 192.0.2.1
a.quay.example. 60 IN AAAA 2001:db8::1
www.quay.example. 60 IN CNAME a.quay.example.
1.2.0.192.in-addr.arpa. 60 IN PTR a.quay.example.
xn--mnchen-3ya.example. 60 IN A 192.0.2.9
"""


@pytest.fixture
def resolver(names: NameServer) -> Resolver:
    names.zone = ZONE
    return Resolver([names.address], timeout=2)


@pytest.mark.parametrize(
    ("name", "kind", "values"),
    [
        ("quay.example", Kind.TXT, ("v=spf1 a -all",)),
        ("quay.example", Kind.MX, ("a.quay.example", "b.quay.example")),
        ("null.example", Kind.MX, (".",)),
        ("a.quay.example", Kind.A, ("192.0.2.1",)),
        ("A.Quay.Example.", Kind.AAAA, ("2001:db8::1",)),
        ("www.quay.example", Kind.CNAME, ("a.quay.example",)),
        ("www.quay.example", Kind.A, ("192.0.2.1",)),
        ("192.0.2.1", Kind.PTR, ("a.quay.example",)),
        ("münchen.example", Kind.A, ("192.0.2.9",)),
    ],
)
def test_each_kind_of_record_is_a_plain_value(
    resolver: Resolver, name: str, kind: Kind, values: tuple[str, ...]
) -> None:
    assert resolver.ask(name, kind) == Answer(Status.FOUND, values)


def test_no_such_name_and_no_such_record_are_told_apart(resolver: Resolver) -> None:
    assert resolver.ask("nobody.example", Kind.TXT).status is Status.NO_NAME
    assert resolver.ask("quay.example", Kind.A).status is Status.NO_RECORD
    assert resolver.ask("example", Kind.A).status is Status.NO_RECORD  # something is below it


def test_a_resolver_that_fails_never_means_that_there_is_nothing(resolver: Resolver, names: NameServer) -> None:
    names.sick = frozenset({"quay.example"})
    answer = resolver.ask("quay.example", Kind.TXT)
    assert answer.status is Status.UNANSWERED
    assert "SERVFAIL" in answer.why
    assert resolver.ask("a.quay.example", Kind.A).values  # a refusal is about one name


def test_silence_is_no_answer(names: NameServer) -> None:
    names.zone, names.silent = ZONE, frozenset({"quay.example"})
    resolver = Resolver([names.address], timeout=1)
    assert resolver.ask("a.quay.example", Kind.A).values
    answer = resolver.ask("quay.example", Kind.TXT)
    assert answer.status is Status.UNANSWERED
    assert "no answer within 1 s" in answer.why
    assert len([question for question in names.asked if question == ("quay.example", "TXT")]) > 1  # packets get lost


def test_a_resolver_that_was_never_there_is_not_waited_for_again(names: NameServer) -> None:
    names.silent = frozenset({"*"})
    resolver = Resolver([names.address], timeout=0.2)
    assert not resolver.ask("quay.example", Kind.TXT).known
    asked = len(names.asked)
    assert not resolver.ask("mx.quay.example", Kind.A).known
    assert len(names.asked) == asked


def test_the_second_resolver_is_asked_when_the_first_is_silent(resolver: Resolver, names: NameServer) -> None:
    with on_duty(NameServer(silent=frozenset({"*"}))) as silent:
        both = Resolver([silent.address, names.address], timeout=0.2)
        assert both.ask("quay.example", Kind.TXT).values == ("v=spf1 a -all",)


def test_an_answer_too_long_for_a_datagram_comes_by_tcp(resolver: Resolver, names: NameServer) -> None:
    names.zone = "".join(f'long.example. 60 IN TXT "{number} {"x" * 200}"\n' for number in range(9))
    assert len(resolver.ask("long.example", Kind.TXT).values) == 9


def test_each_question_is_asked_once(resolver: Resolver, names: NameServer) -> None:
    assert resolver.ask("a.quay.example", Kind.A) == resolver.ask("A.quay.example.", Kind.A)
    assert names.asked == [("a.quay.example", "A")]


@pytest.mark.parametrize("server", ["dns.example", "192.0.2", "192.0.2.1:0", "192.0.2.1:99999", "192.0.2.1:", ""])
def test_a_server_that_is_no_address_is_a_fault_of_the_configuration(server: str) -> None:
    with pytest.raises(ConfigError, match=r"dns\.servers: expected the address of a resolver"):
        Resolver([server])


@pytest.mark.parametrize("server", ["192.0.2.1", "192.0.2.1:5353", "::1", "[::1]:5353", "[2001:db8::1]"])
def test_a_server_is_an_address_perhaps_with_a_port(server: str) -> None:
    Resolver([server])


@given(name=st.text(max_size=300), kind=st.sampled_from(Kind))
def test_no_name_is_too_strange_to_ask_for(name: str, kind: Kind) -> None:
    answer = Resolver(["127.0.0.1:1"], timeout=0.01).ask(name, kind)
    assert answer.status in {Status.NO_NAME, Status.UNANSWERED}
