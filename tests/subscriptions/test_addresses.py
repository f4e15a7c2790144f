from __future__ import annotations

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import example, given
from hypothesis import strategies as st

from digest.errors import AddressError
from digest.model import Address
from digest.subscriptions.addresses import mailbox

PIECES = st.sampled_from(["a", "B", "7", ".", "-", "_", "+", "--", "xn--", "example", "org", "test", "arpa", "é", "@"])
NEARLY_ADDRESSES = st.one_of(
    st.emails(),
    st.builds("{}@{}".format, st.lists(PIECES, max_size=6).map("".join), st.lists(PIECES, max_size=8).map("".join)),
)


@given(NEARLY_ADDRESSES)
@example("a@" + "b" * 63 + ".org")
@example("a@" + "b" * 64 + ".org")
@example("a@example.TEST")
@example("a@ab--cd.org")
@example("First.Reader+tag@Example.ORG")
@example("a@b.c")
@example("a" * 64 + "@example.org")
@example("a@" + "b." * 130 + "org")
def test_the_quick_way_never_differs_from_email_validator(text: str):
    try:
        judged = validate_email(text, check_deliverability=False, allow_smtputf8=True)
    except EmailNotValidError:
        with pytest.raises(AddressError):
            mailbox(text)
        return
    try:
        Address.parse(text)  # the stricter one, on purpose
    except AddressError:
        return
    found = mailbox(text)
    assert found.address == judged.normalized
    assert found.key.rpartition("@")[2] == judged.ascii_domain.lower()


@given(NEARLY_ADDRESSES)
def test_a_normal_form_is_its_own_normal_form(text: str):
    try:
        found = mailbox(text)
    except AddressError:
        return
    assert mailbox(found.address) == found


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("First.Reader@example.org", "first.reader@EXAMPLE.ORG"),
        ("reader@münchen.example.org", "Reader@xn--mnchen-3ya.example.org"),
        ("reader@MÜNCHEN.example.org", "reader@münchen.example.org"),
        ("LÉA@example.org", "le\u0301a@example.org"),
    ],
)
def test_two_spellings_of_an_address_are_one_mailbox(one: str, other: str):
    assert mailbox(one).key == mailbox(other).key


def test_two_domains_that_only_fold_alike_stay_two():
    assert mailbox("reader@straße.org").key != mailbox("reader@strasse.org").key


def test_an_international_domain_is_kept_in_its_own_script():
    assert mailbox("Reader@xn--mnchen-3ya.example.org").address == "Reader@münchen.example.org"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "reader",
        "reader@example.org\nBcc: other@example.org",
        "reader@example.org\r",
        "a b@example.org",
        "a@b@example.org",
        "Reader <reader@example.org>",
        "reader@localhost",
        "reader@example..org",
        ".reader@example.org",
        "reader@example.org\u202e",
        "reader@[127.0.0.1]",
        "a@example.org,b@example.org",
    ],
)
def test_what_is_no_address_is_refused_in_one_line(text: str):
    with pytest.raises(AddressError) as refused:
        mailbox(text)
    assert "\n" not in refused.value.message
