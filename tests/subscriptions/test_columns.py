"""Exports of other programs as they come: what their columns and words are taken for, and what stops an import."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import TableError
from digest.model import SubscriberStatus
from digest.store.subscribers import Subscribers
from digest.subscriptions import vocabulary
from digest.subscriptions.columns import understood
from digest.subscriptions.importing import Imported
from digest.subscriptions.vocabulary import COLUMNS

TakeIn = Callable[..., Imported]

MAILCHIMP = (
    "Email Address,First Name,Last Name,Address,Phone Number,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,"
    "LATITUDE,LONGITUDE,GMTOFF,DSTOFF,TIMEZONE,CC,REGION,LAST_CHANGED,LEID,EUID,NOTES,TAGS"
)
MAILCHIMP_ROW = "{address},Dora,D,,,2,2024-01-01 10:00:00,192.0.2.1,,,,,,,Europe/Berlin,DE,BE,2024-01-01,1,a1,,"

EXPORTS = {
    "Mailchimp": (f"{MAILCHIMP}\n{MAILCHIMP_ROW.format(address='a@example.org')}\n", "Dora D", "active"),
    "Mailchimp, who left": (
        (f"{MAILCHIMP},UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,UNSUB_CAMPAIGN_ID,UNSUB_REASON,UNSUB_REASON_OTHER\n"
        f"{MAILCHIMP_ROW.format(address='a@example.org')},2024-02-01 09:00:00,,,,\n"), "Dora D", "unsubscribed",
    ),
    "Mailchimp, who left for a reason": (
        ("Email Address,Name,UNSUB_CAMPAIGN_ID,UNSUB_REASON,UNSUB_CAMPAIGN_ID,UNSUB_REASON\n"
        "a@example.org,Dora D,,,,N - no longer interested\n"), "Dora D", "unsubscribed",
    ),
    "Mailchimp, what came back": (
        (f"{MAILCHIMP},CLEAN_TIME,CLEAN_CAMPAIGN_TITLE,CLEAN_CAMPAIGN_ID\n"
        f"{MAILCHIMP_ROW.format(address='a@example.org')},2024-02-01 09:00:00,,\n"), "Dora D", "suppressed",
    ),
    "Substack": (
        ("email,active_subscription,expiry,plan,email_disabled,created_at,first_payment_at\n"
        "a@example.org,false,,other,false,2024-01-01T10:00:00.000Z,\n"), "", "active",
    ),
    "Substack, mails switched off": (
        ("email,active_subscription,expiry,plan,email_disabled,created_at,first_payment_at\n"
        "a@example.org,true,,other,true,2024-01-01T10:00:00.000Z,\n"), "", "unsubscribed",
    ),
    "Buttondown": (
        ("id,email_address,notes,metadata,tags,referrer_url,creation_date,type,commenting_disabled\n"
        "x,a@example.org,,{},,,2024-01-01,regular,False\n"), "", "active",
    ),
    "Buttondown, not confirmed": ("email_address,type\na@example.org,unactivated\n", "", "pending"),
    "Buttondown, a complaint": ("email_address,type\na@example.org,complained\n", "", "suppressed"),
    "Ghost": (
        ("id,email,name,note,subscribed_to_emails,complimentary_plan,stripe_customer_id,created_at,deleted_at,labels,tiers\n"
        "1,a@example.org,Dora D,,true,false,,2024-01-01,,,\n"), "Dora D", "active",
    ),
    "Ghost, who left": ("email,name,subscribed_to_emails\na@example.org,Dora D,false\n", "Dora D", "unsubscribed"),
    "listmonk": (
        ("uuid,email,name,attributes,status,created_at,updated_at\n"
        'u,a@example.org,Dora D,"{""city"":""Ghent""}",enabled,2024-01-01,2024-01-01\n'), "Dora D", "active",
    ),
    "listmonk, blocklisted": ("email,name,attributes,status\na@example.org,Dora D,{},blocklisted\n", "Dora D", "suppressed"),
    "Kit": ("First Name,Email,Status,Created At,Tags\nDora,a@example.org,Confirmed,2024-01-01,vip\n", "Dora", "active"),
    "Kit, cancelled": ("First Name,Email,Status\nDora,a@example.org,Cancelled\n", "Dora", "unsubscribed"),
    "Brevo": (
        "CONTACT ID;EMAIL;NOM;PRENOM;SMS;DOUBLE_OPT-IN;OPT_IN;ADDED_TIME\n1;a@example.org;Dupont;Léa;;1;;2024-01-01\n",
        "Léa Dupont", "active",
    ),
    "Brevo, blocklisted": ("EMAIL;FIRSTNAME;LASTNAME;EMAIL_BLACKLISTED\na@example.org;Dora;D;Yes\n", "Dora D", "suppressed"),
    "German": ("E-Mail;Vorname;Nachname;Sprache;Status\na@example.org;Jörg;Groß;de;Abgemeldet\n", "Jörg Groß", "unsubscribed"),
    "German, the name of the family": ("Vorname;Name;E-Mail-Adresse\nJörg;Groß;a@example.org\n", "Jörg Groß", "active"),
    "French": ("Adresse e-mail;Prénom;Nom de famille;Statut\na@example.org;Léa;Dupont;Désabonné\n", "Léa Dupont", "unsubscribed"),
    "Spanish": ("Correo electrónico;Nombre;Apellidos;Estado\na@example.org;Inés;Gil Ruiz;Activo\n", "Inés Gil Ruiz", "active"),
    "a shop": ("Email,First Name,Accepts Marketing\na@example.org,Dora,no\n", "Dora", "unsubscribed"),
    "the whole name beside its parts": ("email,name,first name,last name\na@example.org,Dora D,Dora,D\n", "Dora D", "active"),
}  # fmt: skip


@pytest.mark.parametrize(("table", "name", "status"), EXPORTS.values(), ids=EXPORTS)
def test_the_exports_of_other_programs_are_understood(
    take_in: TakeIn, people: Subscribers, table: str, name: str, status: str
):
    result = take_in(table)
    assert result.refused == ()
    (person,) = people.each()
    assert (person.address, person.name, str(person.status)) == ("a@example.org", name, status)


def test_columns_that_say_nothing_to_us_are_passed_over_and_named(take_in: TakeIn):
    result = take_in("Email Address,MEMBER_RATING,LEID,T-shirt\x1b[2J\na@example.org,2,7,XL\n")
    assert result.passed_over == ("MEMBER_RATING", "LEID", "T-shirt [2J")
    assert take_in("email,name\na@example.org,x\n").passed_over == ()


@pytest.mark.parametrize("heading", ["statsu", "Stauts", "satus", "Emial", "langauge", "catgories", "digest", "pausd"])
def test_a_column_near_to_one_of_ours_is_an_error(take_in: TakeIn, people: Subscribers, heading: str):
    with pytest.raises(TableError, match=f"unknown column '{heading}' \\(did you mean '"):
        take_in(f"E-Mail,{heading}\na@example.org,unsubscribed\n")
    assert not list(people.each())


@pytest.mark.parametrize(
    "heading",
    [
        "Account status", "Do not mail", "Unsubscribed from all", "Bounce count", "Consent", "Gekündigt", "Abmeldegrund",
        "Motif de désabonnement", "Statut du compte", "Motivo de la baja", "bloqueado", "is_deleted",
    ],
)  # fmt: skip
def test_a_column_that_may_say_who_has_left_is_not_passed_over(take_in: TakeIn, people: Subscribers, heading: str):
    with pytest.raises(TableError, match="which may say who has left") as wrong:
        take_in(f"email,{heading}\na@example.org,yes\n")
    assert "name it `status`" in wrong.value.hint
    assert not list(people.each())


@pytest.mark.parametrize("word", ["Unsubscribed", "cleaned", "Abgemeldet", "désabonné", "BAJA"])
def test_what_says_in_a_column_that_is_passed_over_that_somebody_has_left_stops_it_all(
    take_in: TakeIn, people: Subscribers, word: str
):
    with pytest.raises(TableError, match=f"{word}.*'Stage', which is passed over") as wrong:
        take_in(f"email,Stage\na@example.org,new\nb@example.org,{word}\n")
    assert wrong.value.line == 3
    assert not list(people.each())


def test_the_gravest_word_counts_and_an_unknown_one_is_refused(take_in: TakeIn, people: Subscribers):
    result = take_in(
        "email,status,subscribed,UNSUB_TIME,bounced\n"
        "a@example.org,active,yes,,no\n"
        "b@example.org,active,yes,2024-02-01,\n"
        "c@example.org,Subscribed,no,,\n"
        "d@example.org,active,yes,2024-02-01,2024-02-02\n"
        "e@example.org,active,perhaps,,\n"
        "f@example.org,gone fishing,no,,\n"
        "g@example.org,,,,\n"
    )
    assert [str(note) for note in result.refused] == [
        "line 6: e@example.org: unknown status 'perhaps'; one of: pending, active, unsubscribed, suppressed",
        "line 7: f@example.org: unknown status 'gone fishing'; one of: pending, active, unsubscribed, suppressed",
    ]
    assert {person.address[0]: str(person.status) for person in people.each()} == {
        "a": "active", "b": "unsubscribed", "c": "unsubscribed", "d": "suppressed", "g": "active",
    }  # fmt: skip


@given(st.lists(st.sampled_from([*SubscriberStatus, "yes", "no", "Cleaned", "perhaps"]), min_size=4, max_size=4))
def test_nobody_who_has_left_by_any_column_becomes_active(row: list[str]):
    columns = understood(["email", "status", "subscribed", "unsubscribed", "bounced"])
    said = columns.said(["a@example.org", *row]).get("status", "")
    left = any(vocabulary.status(word) in ("unsubscribed", "suppressed") for word in row[:2])
    if left or row[1] == "no" or row[2] != "no" or row[3] != "no":
        assert vocabulary.status(said) not in (SubscriberStatus.ACTIVE, SubscriberStatus.PENDING)


def test_a_list_without_a_header_is_told_what_its_first_line_has_to_be(take_in: TakeIn):
    with pytest.raises(TableError, match=r"list\.csv:1: the first line has to name the columns, and holds an address"):
        take_in("gus@example.org\nida@example.org\n")
    with pytest.raises(TableError, match="the first line has to name the columns"):
        take_in('"Dora D" <dora@example.org>\n')


def test_two_columns_for_one_thing_are_an_error_that_names_both(take_in: TakeIn):
    with pytest.raises(TableError, match="column 'email' stands there twice: 'E-Mail', 'Mail'"):
        take_in("E-Mail,Mail\na@example.org,b@example.org\n")


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ('"Dora D" <dora@example.org>', "Dora D"),
        ('"D, Dora" <dora@example.org>', "D, Dora"),
        ("Dora D <dora@example.org>", "Dora D"),
        ('"""Dora D"" <dora@example.org>"', "Dora D"),
        ("<dora@example.org>", ""),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
def test_an_address_may_come_with_a_name(take_in: TakeIn, people: Subscribers, cell: str, name: str, end: str):
    assert take_in(f"email,language\na@example.org,en\n{cell},de{end}").refused == ()
    assert [(one.address, one.name, one.language) for one in people.each()][1:] == [("dora@example.org", name, "de")]


def test_an_address_with_a_name_may_be_the_whole_line(take_in: TakeIn, people: Subscribers):
    assert take_in('email\n"Dora D" <dora@example.org>\n"Gus G" <gus@example.org>').refused == ()
    assert [one.name for one in people.each()] == ["Dora D", "Gus G"]


def test_a_name_of_its_own_column_counts_before_the_one_beside_the_address(take_in: TakeIn, people: Subscribers):
    take_in("email,name\nDora <dora@example.org>,Dora D\nGus <gus@example.org>,\n")
    assert [one.name for one in people.each()] == ["Dora D", "Gus"]


def test_no_name_is_in_the_table_twice_and_none_of_ours_means_anything_else():
    for names in (vocabulary.NAMES, vocabulary.STATUSES):
        plains = [vocabulary.plain(name) for several in names.values() for name in several.split(",")]
        assert all(plains)
        assert sorted({name for name in plains if plains.count(name) > 1}) == []
    assert {column: vocabulary.MEANINGS[column] for column in COLUMNS} == {column: column for column in COLUMNS}
    assert {word: vocabulary.status(word) for word in SubscriberStatus} == {word: word for word in SubscriberStatus}
