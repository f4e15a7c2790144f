"""Publishers who do one thing wrong, or one thing otherwise, and what is found of it: each through a real name server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.serialization import PublicFormat

from digest.deliverability.facts import PublishedKey, Stop, Tls
from digest.deliverability.findings import Level
from tests.deliverability.conftest import (
    ED25519,
    HEALTH,
    KEY,
    NOW,
    OTHER,
    PUBLIC,
    RELAY,
    RSA,
    RSA_FEW,
    RSA_OTHER,
    RSA_TOO_FEW,
    SENDER,
    SIX,
    Case,
    Examine,
    ill,
    rsa_record,
    strings,
)
from tests.deliverability.nameserver import NameServer

GOOD = Case()
FAULT, WARNING, UNANSWERED = Level.FAULT, Level.WARNING, Level.UNANSWERED

SPF, COVER = "SPF of mail.quay.example", "SPF of mail.quay.example for relay"
DKIM = "DKIM digest1._domainkey.quay.example"
DMARC, ALIGNED = "DMARC of quay.example", "DMARC alignment of quay.example"
MAIL, BOUNCES = "mail to quay.example (From, leaving by mail)", "mail to mail.quay.example (bounces)"
TLS, REVERSE, NAME = "TLS of relay", f"reverse DNS of {PUBLIC} (relay)", "name of relay"
ONE_CLICK, PAGES = "one-click unsubscribe", "readers' pages"

ELEVEN = " ".join(f"a:h{number}.quay.example" for number in range(11))
HOSTS = tuple(f"h{number}.quay.example. 60 IN A {PUBLIC}" for number in range(11))
NESTED = tuple(
    f'n{number}.quay.example. 60 IN TXT "v=spf1 include:n{number + 1}.quay.example ?all"' for number in range(60)
)
TWO_KEYS = (PublishedKey("quay.example", "digest1", RSA), PublishedKey("quay.example", "digest2", ED25519))


def spf(text: str, *lines: str) -> Case:
    return GOOD.spf(text, *lines)


def freemail(domain: str, policy: str) -> Case:
    return (
        GOOD.sender(address=f"quay@{domain}", unsubscribe_to=f"quay@{domain}", bounces="")
        .planned(keys=())
        .added(
            f"{domain}. 60 IN MX 1 mx.quay.example.",
            f'{domain}. 60 IN TXT "v=spf1 ip4:{PUBLIC} ~all"',
            f'_dmarc.{domain}. 60 IN TXT "v=DMARC1; p={policy}; rua=mailto:x@{domain}"',
        )
    )


CASES: Mapping[str, tuple[Case, Mapping[str, Level], str]] = {
    "all is well": (GOOD, {}, "covers 198.41.0.4"),
    # --- SPF
    "no SPF": (GOOD.record("mail.quay.example. 60 IN TXT"), {SPF: FAULT}, "there is no SPF record"),
    "no such domain": (GOOD.sender(bounces="b@gone.quay.example"), {"SPF of gone.quay.example": FAULT, "mail to gone.quay.example (bounces)": FAULT}, "nobody takes mail for it"),
    "two SPF records": (GOOD.added(f'mail.quay.example. 60 IN TXT "v=spf1 ip4:{PUBLIC} -all"'), {SPF: FAULT}, "there are 2 SPF records"),
    "SPF of the From domain, where no bounce address is": (GOOD.sender(bounces=""), {"SPF of quay.example": FAULT}, "there is no SPF record"),
    "a word that is no SPF": (spf("v=spf1 ipv4:198.41.0.4 -all"), {SPF: FAULT}, "'ipv4:198.41.0.4' is no mechanism"),
    "an IPv6 address as ip4": (spf("v=spf1 ip4:2001:db8::1 -all"), {SPF: FAULT}, "expected an IPv4 address"),
    "a broken record that is included": (spf("v=spf1 include:bad.example -all", 'bad.example. 60 IN TXT "v=spf1 all:all"'), {SPF: FAULT}, "at bad.example: 'all:all': all takes nothing"),
    "nothing where it includes": (spf("v=spf1 include:bad.example ip4:198.41.0.4 -all"), {SPF: FAULT}, "at bad.example: no SPF record"),
    "ten look-ups": (spf(f"v=spf1 {ELEVEN.rpartition(' ')[0]} -all", *HOSTS), {}, "(10 of 10 look-ups)"),
    "eleven look-ups": (spf(f"v=spf1 {ELEVEN} -all", *HOSTS), {SPF: FAULT}, "it takes 11 look-ups"),
    "look-ups of others count": (
        spf("v=spf1 include:a.example include:a.example -all", f'a.example. 60 IN TXT "v=spf1 {" ".join(ELEVEN.split()[:5])} -all"', *HOSTS),
        {SPF: FAULT}, "it takes 12 look-ups",
    ),
    "it includes itself": (spf("v=spf1 include:a.example -all", 'a.example. 60 IN TXT "v=spf1 include:mail.quay.example -all"'), {SPF: FAULT}, "at a.example: include:mail.quay.example: leads back to itself"),
    "a tree that never ends": (spf("v=spf1 include:n0.quay.example -all", *NESTED), {SPF: FAULT}, "is one of more than 40 records"),
    "two names without records": (spf("v=spf1 a:x.quay.example mx:y.quay.example ip4:198.41.0.4 -all"), {}, "(2 of 10 look-ups)"),
    "three names without records": (spf("v=spf1 a:x.quay.example mx:y.quay.example a:z.quay.example ip4:198.41.0.4 -all"), {SPF: FAULT}, "3 of its names have no records"),
    "an mx of eleven hosts": (
        spf("v=spf1 mx:many.quay.example -all", *(f"many.quay.example. 60 IN MX 1 h{number}.quay.example." for number in range(11)), *HOSTS),
        {SPF: FAULT}, "has 11 hosts, 10 are allowed",
    ),
    "everybody may send": (spf("v=spf1 +all"), {SPF: FAULT}, "+all lets everybody send"),
    "all without a sign": (spf("v=spf1 all"), {SPF: FAULT}, "+all lets everybody send"),
    "nobody is refused": (spf("v=spf1 ip4:198.41.0.4 ?all"), {SPF: WARNING}, "?all says nothing of strangers"),
    "no word on strangers": (spf("v=spf1 ip4:198.41.0.4"), {SPF: WARNING}, "does not say what becomes of strangers"),
    "ptr": (spf("v=spf1 ptr ip4:198.41.0.4 -all"), {SPF: WARNING}, "it has ptr"),
    "an address by a": (spf("v=spf1 a:relay.quay.example -all"), {}, "covers 198.41.0.4"),
    "a network by a": (spf("v=spf1 a:near.quay.example/24 -all", "near.quay.example. 60 IN A 198.41.0.200"), {}, "covers 198.41.0.4"),
    "an address by mx": (spf("v=spf1 mx:in.quay.example -all", "in.quay.example. 60 IN MX 1 relay.quay.example."), {}, "covers 198.41.0.4"),
    "by redirect": (spf("v=spf1 redirect=_spf.quay.example"), {}, "covers 198.41.0.4"),
    "a redirect beside all is not followed": (spf("v=spf1 ip4:198.41.0.4 redirect=gone.example -all"), {}, "(0 of 10 look-ups)"),
    "another server": (spf("v=spf1 ip4:199.9.14.201 ~all"), {COVER: WARNING}, "does not cover 198.41.0.4: softfail"),
    "refused before it is let in": (spf("v=spf1 -ip4:198.41.0.0/16 ip4:198.41.0.4 ~all"), {COVER: WARNING}, "does not cover 198.41.0.4: fail"),
    "a refusal that is included decides nothing": (spf("v=spf1 include:a.example ip4:198.41.0.4 -all", 'a.example. 60 IN TXT "v=spf1 -all"'), {}, "covers 198.41.0.4"),
    "macros": (spf("v=spf1 exists:%{i}._spf.quay.example -all"), {COVER: WARNING}, "depends on the message"),
    "macros that do not matter": (spf("v=spf1 exists:%{i}._spf.quay.example ip4:198.41.0.4 -all"), {}, "covers 198.41.0.4"),
    "a server inside": (GOOD.greeted(addresses=("10.0.0.5",)).record("4.0.41"), {COVER: WARNING}, "it is inside of this network"),
    "one of two addresses": (
        GOOD.greeted(addresses=(PUBLIC, SIX)).added(f"relay.quay.example. 60 IN AAAA {SIX}", "b.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.2.0.0.0.5.0.1.0.0.2.ip6.arpa. 60 IN PTR relay.quay.example."),
        {COVER: WARNING}, f"does not cover {SIX}: softfail",
    ),
    "everybody by an include": (spf("v=spf1 include:a.example -all", 'a.example. 60 IN TXT "v=spf1 +all"'), {SPF: FAULT}, "include:a.example lets everybody send in its name: +all at a.example"),
    "everybody by two includes": (
        spf("v=spf1 include:a.example -all", 'a.example. 60 IN TXT "v=spf1 include:b.example -all"', 'b.example. 60 IN TXT "v=spf1 -ip4:192.0.2.1 all"'),
        {SPF: FAULT}, "include:a.example lets everybody send in its name: +all at b.example",
    ),
    "everybody by redirect": (spf("v=spf1 redirect=a.example", 'a.example. 60 IN TXT "v=spf1 +all"'), {SPF: FAULT}, "redirect=a.example lets everybody send in its name: +all at a.example"),
    "everybody by include, not to be let in": (spf("v=spf1 ip4:198.41.0.4 ~include:a.example -all", 'a.example. 60 IN TXT "v=spf1 +all"'), {}, "covers 198.41.0.4"),
    "every address": (spf("v=spf1 ip4:0.0.0.0/0 -all"), {SPF: FAULT}, "ip4:0.0.0.0/0 lets everybody send in its name"),
    "half of all addresses": (spf("v=spf1 ip4:0.0.0.0/1 ip4:128.0.0.0/1 -all"), {SPF: FAULT}, "ip4:0.0.0.0/1 lets everybody send in its name"),
    "every address by a": (spf("v=spf1 a:relay.quay.example/0 -all"), {SPF: FAULT}, "a:relay.quay.example/0 lets everybody send in its name"),
    "every address of the other kind": (spf("v=spf1 ip4:198.41.0.4 ip6:2000::/3 -all"), {SPF: FAULT}, "ip6:2000::/3 lets everybody send in its name"),
    "as much as somebody may own": (spf("v=spf1 ip4:198.0.0.0/8 -all"), {}, "covers 198.41.0.4"),
    # --- DKIM
    "no key": (GOOD.planned(keys=()), {"DKIM": WARNING, ONE_CLICK: WARNING}, "so the relay must sign"),
    "no record for the key": (GOOD.dkim(), {DKIM: FAULT}, "there is no such record"),
    "another key": (GOOD.dkim(RSA_OTHER), {DKIM: FAULT}, "publishes another key"),
    "another kind of key": (GOOD.dkim(ED25519), {DKIM: FAULT}, "publishes another key"),
    "two records for a key": (GOOD.dkim(RSA, RSA_OTHER), {DKIM: FAULT}, "there are 2 records"),
    "a key that was revoked": (GOOD.dkim("v=DKIM1; p="), {DKIM: FAULT}, "p= is empty, which revokes the key"),
    "a record without a key": (GOOD.dkim("v=DKIM1; k=rsa"), {DKIM: FAULT}, "there is no p="),
    "a key that was cut": (GOOD.dkim(RSA[:-40]), {DKIM: FAULT}, "p= holds no such key"),
    "a key that is no base64": (GOOD.dkim("v=DKIM1; p=***"), {DKIM: FAULT}, "p= holds no such key"),
    "DKIM of another version": (GOOD.dkim(RSA.replace("DKIM1", "DKIM2")), {DKIM: FAULT}, "v=DKIM1 has to stand first"),
    "version last": (GOOD.dkim(RSA.removeprefix("v=DKIM1; ") + "; v=DKIM1"), {DKIM: FAULT}, "v=DKIM1 has to stand first"),
    "no version": (GOOD.dkim(RSA.removeprefix("v=DKIM1; ")), {}, "publishes the key that signs"),
    "a kind that nobody knows": (GOOD.dkim(RSA.replace("k=rsa", "k=dsa")), {DKIM: FAULT}, "k=dsa is no kind of key"),
    "sha1 only": (GOOD.dkim(f"{RSA}; h=sha1"), {DKIM: FAULT}, "h= does not allow sha256"),
    "sha1 and sha256": (GOOD.dkim(f"{RSA}; h=sha1:sha256"), {}, "publishes the key that signs"),
    "not for mail": (GOOD.dkim(f"{RSA}; s=other"), {DKIM: FAULT}, "s= does not allow mail"),
    "for mail": (GOOD.dkim(f"{RSA}; s=email;"), {}, "publishes the key that signs"),
    "no list of tags": (GOOD.dkim("hello"), {DKIM: FAULT}, "'hello' is no tag=value"),
    "a tag twice": (GOOD.dkim(f"{RSA}; k=rsa"), {DKIM: FAULT}, "k= stands there twice"),
    "a test": (GOOD.dkim(f"{RSA}; t=y:s"), {DKIM: WARNING}, "t=y says that this is a test"),
    "1024 bits": (GOOD.dkim(RSA_FEW).planned(keys=(replace(KEY, record=RSA_FEW),)), {DKIM: WARNING}, "1024 bits are few"),
    "768 bits": (GOOD.dkim(RSA_TOO_FEW).planned(keys=(replace(KEY, record=RSA_TOO_FEW),)), {DKIM: FAULT}, "768 bits are too few"),
    "the same key, unwrapped": (GOOD.dkim(rsa_record(2048, PublicFormat.PKCS1)), {}, "rsa, 2048 bits"),
    "ed25519 alone": (GOOD.dkim(ED25519).planned(keys=(replace(KEY, record=ED25519),)), {"DKIM": WARNING}, "many receivers cannot verify"),
    "two keys": (GOOD.planned(keys=TWO_KEYS).added(f"digest2._domainkey.quay.example. 60 IN TXT {strings(ED25519)}"), {}, "(ed25519)"),
    # --- DMARC
    "no DMARC": (GOOD.dmarc(), {DMARC: FAULT}, "there is no DMARC record"),
    "something else there": (GOOD.dmarc("hello"), {DMARC: FAULT}, "there is no DMARC record"),
    "two policies": (GOOD.dmarc("v=DMARC1; p=none", "v=DMARC1; p=reject"), {DMARC: FAULT}, "there are 2 records"),
    "only watching": (GOOD.dmarc("v=DMARC1; p=none; rua=mailto:a@quay.example"), {}, "v=DMARC1; p=none"),
    "no policy": (GOOD.dmarc("v=DMARC1; rua=mailto:a@quay.example"), {DMARC: FAULT}, "p= has to be none"),
    "a policy that is none": (GOOD.dmarc("v=DMARC1; p=maybe"), {DMARC: FAULT}, "p= has to be none, quarantine or reject"),
    "no DMARC at all": (GOOD.dmarc("v=DMARC1; p"), {DMARC: FAULT}, "'p' is no tag=value"),
    "another mode": (GOOD.dmarc("v=DMARC1; p=none; adkim=x"), {DMARC: FAULT}, "adkim= has to be r or s"),
    "per cent": (GOOD.dmarc("v=DMARC1; p=none; pct=101"), {DMARC: FAULT}, "pct= has to be a number up to 100"),
    "reports to nowhere": (GOOD.dmarc("v=DMARC1; p=none; rua=a@quay.example"), {DMARC: FAULT}, "needs mailto: before the address"),
    "no reports": (GOOD.dmarc("v=DMARC1; p=reject"), {DMARC: WARNING}, "nobody gets reports"),
    "the policy of the domain above": (
        GOOD.sender(address="a@news.quay.example").added("news.quay.example. 60 IN MX 1 mx.quay.example."),
        {}, "p=quarantine; rua=mailto:postmaster@quay.example at _dmarc.quay.example",
    ),
    "a policy where nobody looks": (
        GOOD.sender(address="a@news.desk.quay.example").record("_dmarc.quay.example.", '_dmarc.desk.quay.example. 60 IN TXT "v=DMARC1; p=none; rua=mailto:a@quay.example"')
        .added("news.desk.quay.example. 60 IN MX 1 mx.quay.example."),
        {"DMARC of news.desk.quay.example": FAULT}, "there is no DMARC record",
    ),
    "a policy for no mail": (GOOD.dmarc("v=DMARC1; p=reject; pct=0; rua=mailto:a@quay.example"), {DMARC: WARNING}, "pct=0 applies it to no mail"),
    "watching no mail": (GOOD.dmarc("v=DMARC1; p=none; pct=0; rua=mailto:a@quay.example"), {}, "p=none; pct=0"),
    "reports to others who do not know of it": (GOOD.dmarc("v=DMARC1; p=none; rua=mailto:a@quay.example,mailto:b@reports.example!10m"), {DMARC: WARNING}, "reports.example has not agreed to get reports"),
    "reports to others who take them": (
        GOOD.dmarc("v=DMARC1; p=none; rua=mailto:b@reports.example").added('quay.example._report._dmarc.reports.example. 60 IN TXT "v=DMARC1"'), {}, "mailto:b@reports.example",
    ),
    "reports to a domain of ours": (GOOD.dmarc("v=DMARC1; p=none; rua=mailto:b@mail.quay.example"), {}, "mailto:b@mail.quay.example"),
    "reports for the policy of the domain above": (
        GOOD.sender(address="a@news.quay.example").dmarc("v=DMARC1; p=none; rua=mailto:b@reports.example").added(
            "news.quay.example. 60 IN MX 1 mx.quay.example.", 'quay.example._report._dmarc.reports.example. 60 IN TXT "v=DMARC1"'),
        {}, "mailto:b@reports.example at _dmarc.quay.example",
    ),
    "signed by another": (
        GOOD.planned(keys=(PublishedKey("relay.example", "s", RSA),)).added(f"s._domainkey.relay.example. 60 IN TXT {strings(RSA)}"),
        {ALIGNED: WARNING}, "only SPF can pass",
    ),
    "signed by another, bounced by another": (
        GOOD.planned(keys=(PublishedKey("relay.example", "s", RSA),)).sender(bounces="b@b.example").added(
            f"s._domainkey.relay.example. 60 IN TXT {strings(RSA)}", f'b.example. 60 IN TXT "v=spf1 ip4:{PUBLIC} -all"', "b.example. 60 IN MX 1 mx.quay.example."),
        {ALIGNED: FAULT}, "neither relay.example, which signs, nor b.example",
    ),
    "bounced by another": (
        GOOD.sender(bounces="b@b.example").added(f'b.example. 60 IN TXT "v=spf1 ip4:{PUBLIC} -all"', "b.example. 60 IN MX 1 mx.quay.example."),
        {ALIGNED: WARNING}, "only DKIM can pass",
    ),
    "bounced by another, signed by the relay": (
        GOOD.planned(keys=()).sender(bounces="b@b.example").added(f'b.example. 60 IN TXT "v=spf1 ip4:{PUBLIC} -all"', "b.example. 60 IN MX 1 mx.quay.example."),
        {ALIGNED: WARNING, "DKIM": WARNING, ONE_CLICK: WARNING}, "only a relay that signs as quay.example helps",
    ),
    "strict about bounces": (GOOD.dmarc("v=DMARC1; p=none; aspf=s; rua=mailto:a@quay.example"), {ALIGNED: WARNING}, "only DKIM can pass"),
    "strict about signatures": (
        GOOD.dmarc("v=DMARC1; p=none; adkim=s; rua=mailto:a@quay.example").planned(keys=(replace(KEY, domain="mail.quay.example"),)).added(
            f"digest1._domainkey.mail.quay.example. 60 IN TXT {strings(RSA)}"),
        {ALIGNED: WARNING}, "only SPF can pass",
    ),
    # --- mailboxes
    "nobody takes answers": (GOOD.sender(reply_to="a@silent.example").added("silent.example. 60 IN MX 0 ."), {"mail to silent.example (Reply-To)": FAULT}, "says that it takes no mail"),
    "a domain without MX": (GOOD.record("quay.example. 60 IN MX"), {MAIL: WARNING}, "there is no MX record"),
    "a domain without MX and address": (GOOD.record("mail.quay.example. 60 IN MX"), {BOUNCES: FAULT}, "nobody takes mail for it"),
    "an MX without an address": (GOOD.record("mx.quay.example. 60 IN A"), {MAIL: FAULT, BOUNCES: FAULT}, "none of its hosts has an address"),
    "an MX that is an alias": (
        GOOD.record("quay.example. 60 IN MX", "quay.example. 60 IN MX 1 in.quay.example.").added("in.quay.example. 60 IN CNAME mx.quay.example."),
        {MAIL: WARNING}, "an MX must not be an alias (CNAME): in.quay.example",
    ),
    # --- mail servers
    "no reverse name": (GOOD.record("4.0.41"), {REVERSE: WARNING}, "the address has no name"),
    "a reverse name that leads elsewhere": (GOOD.record("4.0.41", "4.0.41.198.in-addr.arpa. 60 IN PTR mx.quay.example."), {REVERSE: WARNING}, "mx.quay.example does not lead back to it"),
    "a name that nobody knows": (GOOD.greeted(banner="localhost.localdomain"), {NAME: WARNING}, "calls itself localhost.localdomain"),
    "no STARTTLS": (GOOD.greeted(tls_version="", extensions=frozenset()), {TLS: FAULT}, "does not offer STARTTLS"),
    "an old TLS": (GOOD.greeted(tls_version="TLSv1.1"), {TLS: FAULT}, "TLSv1.1 is too old"),
    "TLS 1.2": (GOOD.greeted(tls_version="TLSv1.2"), {}, "TLSv1.2, the certificate is valid for 90 more days"),
    "a certificate that ends soon": (GOOD.greeted(certificate_expires=NOW + timedelta(days=13)), {TLS: WARNING}, "valid for 13 more days"),
    "a certificate for fourteen days": (GOOD.greeted(certificate_expires=NOW + timedelta(days=14)), {}, "valid for 14 more days"),
    "a certificate that is not valid": (GOOD.greeted(stopped=Stop.CERTIFICATE, why="certificate has expired"), {TLS: FAULT}, "certificate has expired"),
    "TLS that fails": (GOOD.greeted(stopped=Stop.TLS, why="WRONG_VERSION_NUMBER"), {TLS: FAULT}, "TLS failed: WRONG_VERSION_NUMBER"),
    "a certificate that nobody looks at": (GOOD.server(verify=False).greeted(certificate_expires=None), {TLS: WARNING}, "nobody looks at the certificate"),
    "in the clear": (GOOD.server(tls=Tls.NONE).greeted(tls_version=""), {TLS: FAULT}, "cross the network in the clear"),
    "in the clear, on this machine": (GOOD.server(tls=Tls.NONE).greeted(tls_version="", addresses=("127.0.0.1",)), {COVER: WARNING}, "does not leave this machine"),
    "a server that is not there": (GOOD.greeted(stopped=Stop.UNREACHABLE, why="Connection refused"), {TLS: UNANSWERED}, "no answer: Connection refused"),
    # --- leaving, and who we are
    "leaving by mail only": (GOOD.sender(web=""), {ONE_CLICK: WARNING}, "readers can leave by mail only"),
    "pages that nobody serves": (replace(GOOD, health=None), {PAGES: FAULT}, f"web.url: nothing answers at {HEALTH} (Connection refused); every link"),
    "pages of somebody else": (GOOD.answered(200, "text/html"), {PAGES: FAULT}, f"something else answers at {HEALTH} (status 200, text/html)"),
    "a proxy that leads nowhere": (GOOD.answered(502, "text/html"), {PAGES: FAULT}, "(status 502, text/html)"),
    "pages that are ill": (GOOD.answered(503, "application/json"), {PAGES: WARNING}, "says that not all is well"),
    "leaving in the clear": (GOOD.sender(web="http://news.quay.example"), {ONE_CLICK: WARNING, PAGES: FAULT}, "does not begin with https://"),
    "no postal address": (GOOD.planned(postal_address=""), {"postal address": FAULT}, "there is none"),
    "from Gmail": (freemail("gmail.com", "none"), {"DKIM": WARNING, ONE_CLICK: WARNING, "From quay@gmail.com": FAULT}, "nobody but gmail.com can send mails in its name that pass"),
    "from Yahoo": (freemail("yahoo.co.uk", "reject"), {"DKIM": WARNING, ONE_CLICK: WARNING, "From quay@yahoo.co.uk": FAULT}, "which asks receivers to reject them"),
}  # fmt: skip


@pytest.mark.parametrize(("case", "expected", "said"), CASES.values(), ids=CASES)
def test_what_is_otherwise_is_found_and_nothing_else_is(
    found: Examine, case: Case, expected: Mapping[str, Level], said: str
) -> None:
    findings = found(case)
    assert ill(findings) == expected
    assert said in "\n".join(finding.found for finding in findings)
    for finding in findings:
        assert finding.source
        assert finding.level is Level.WELL or finding.advice, finding
        assert finding.found.isprintable(), finding


RECORDS = {
    "no SPF": f'mail.quay.example. IN TXT "v=spf1 ip4:{PUBLIC} ~all"',
    "two SPF records": f'mail.quay.example. IN TXT "v=spf1 include:_spf.quay.example ip4:{PUBLIC} ~all"',
    "everybody may send": 'mail.quay.example. IN TXT "v=spf1 ~all"',
    "nobody is refused": 'mail.quay.example. IN TXT "v=spf1 ip4:198.41.0.4 ~all"',
    "no word on strangers": 'mail.quay.example. IN TXT "v=spf1 ip4:198.41.0.4 ~all"',
    "no record for the key": f"digest1._domainkey.quay.example. IN TXT {strings(RSA)}",
    "another key": f"digest1._domainkey.quay.example. IN TXT {strings(RSA)}",
    "no DMARC": '_dmarc.quay.example. IN TXT "v=DMARC1; p=none; rua=mailto:postmaster@quay.example"',
    "reports to others who do not know of it": 'quay.example._report._dmarc.reports.example. IN TXT "v=DMARC1;"',
    "no reports": '_dmarc.quay.example. IN TXT "v=DMARC1; p=reject; rua=mailto:postmaster@quay.example"',
}


@pytest.mark.parametrize("name", RECORDS)
def test_the_record_to_publish_is_given_and_mends_the_fault(found: Examine, name: str) -> None:
    case, expected, _ = CASES[name]
    (record,) = (finding.record for finding in found(case) if finding.subject in expected)
    assert record == RECORDS[name]
    owner, _, kind, text = record.split(" ", 3)
    kept = [line for line in case.zone.splitlines() if not line.startswith(f"{owner} 60 IN {kind}")]
    mended = replace(case, zone="\n".join([*kept, f"{owner} 60 IN {kind} {text}"]) + "\n")
    assert ill(found(mended)).keys() <= {COVER}  # "v=spf1 ~all" lets nobody send


UNHEARD = {
    "mail.quay.example": {SPF, BOUNCES},
    "_spf.quay.example": {SPF},
    "digest1._domainkey.quay.example": {DKIM},
    "_dmarc.quay.example": {DMARC},
    "quay.example": {MAIL},
    "mx.quay.example": {MAIL, BOUNCES},
    "4.0.41.198.in-addr.arpa": {REVERSE},
    "relay.quay.example": {REVERSE, NAME},
}


@pytest.mark.parametrize("name", UNHEARD)
def test_a_name_server_that_fails_is_never_taken_for_a_missing_record(
    found: Examine, names: NameServer, name: str
) -> None:
    names.sick = frozenset({name})
    findings = {finding.subject: finding for finding in found(GOOD)}
    assert {subject for subject, finding in findings.items() if finding.level is UNANSWERED} == UNHEARD[name]
    assert all(finding.level is not FAULT for finding in findings.values())
    assert all("SERVFAIL" in findings[subject].found for subject in UNHEARD[name])


def test_several_digests_and_servers_are_looked_at_each_and_nothing_is_said_twice(found: Examine) -> None:
    daily = replace(SENDER, address="daily@quay.example", unsubscribe_to="daily@quay.example")
    second = replace(RELAY, name="second", host="second.quay.example")
    findings = found(GOOD.planned(senders=(SENDER, daily), servers=(RELAY, second)))
    subjects = [finding.subject for finding in findings]
    assert len(subjects) == len(set(subjects))
    assert {"TLS of relay", "TLS of second", f"reverse DNS of {PUBLIC} (second)"} <= set(subjects)
    assert ill(findings) == {}


def test_what_strangers_write_is_shown_as_one_harmless_line(found: Examine) -> None:
    case = GOOD.dmarc("v=DMARC1; p=\\027[31m" + "x" * 200)
    (finding,) = (finding for finding in found(case) if finding.subject == DMARC)
    assert "\x1b" not in finding.found
    assert len(finding.found) < 500


def test_servers_of_others_are_not_held_against_a_public_address(found: Examine) -> None:
    findings = found(GOOD.greeted(addresses=(OTHER,)))
    assert ill(findings) == {COVER: WARNING, f"reverse DNS of {OTHER} (relay)": WARNING}
    (advice,) = (finding.advice for finding in findings if finding.subject == COVER)
    assert "a relay sends from other addresses" in advice
