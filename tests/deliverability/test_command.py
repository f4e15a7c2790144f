"""``digest check --deliverability`` on a site, with a name server and a mail server that are really there."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from digest.config import load
from digest.config.meaning import dkim_key
from digest.dkim import Kind, generate
from tests.deliverability.conftest import strings
from tests.deliverability.nameserver import NameServer
from tests.fetching.web import Web, https
from tests.journeys.conftest import PostOffice, Site
from tests.journeys.steps import configure

ZONE = """\
quay.example.org. 60 IN MX 10 mx.quay.example.org.
quay.example.org. 60 IN TXT "v=spf1 mx -all"
mx.quay.example.org. 60 IN A 192.0.2.25
_dmarc.quay.example.org. 60 IN TXT "v=DMARC1; p=none; rua=mailto:postmaster@quay.example.org"
"""


@pytest.fixture
def web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    """Where the readers' pages are, with a certificate that is believed."""
    with https() as running:
        authorities = tmp_path / "authorities.pem"
        authorities.write_text("".join(map(ssl.DER_cert_to_PEM_cert, running.client.get_ca_certs(binary_form=True))))
        monkeypatch.setattr("certifi.where", lambda: str(authorities))
        running.put("/health", b'{"status": "ok"}', media_type="application/json")
        yield running


@pytest.fixture
def publisher(site: Site, names: NameServer, web: Web) -> Site:
    """A site whose name server is ours, with a key that signs and is published."""
    key = generate(Kind.RSA2048, domain="quay.example.org", selector="digest1")
    (site.folder / "dkim.pem").write_bytes(key.pem)
    configure(
        site,
        "[delivery]",
        f"""[dns]
servers = ["{names.address}"]
timeout = "1s"

[web]
url = "{web.url("")}"

[[dkim]]
domain = "quay.example.org"
selector = "digest1"
key_file = "dkim.pem"

[delivery]""",
    )
    names.zone = f"{ZONE}{key.record.name}. 60 IN TXT {strings(key.record.value)}\n"
    return site


def told(site: Site, *words: str) -> dict[str, dict[str, str]]:
    result = site.run("check", "--deliverability", "--json", *words)
    assert "Traceback" not in result.output
    return {finding["subject"]: finding for finding in map(json.loads, result.stdout.splitlines())}


def test_a_publisher_who_does_all_that_is_asked_for_is_told_so(publisher: Site, post_office: PostOffice) -> None:
    result = publisher.run("check", "--deliverability")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert (
        "ok    DKIM digest1._domainkey.quay.example.org: publishes the key that signs (rsa, 2048 bits) (RFC"
        in result.stdout
    )
    assert "ok    DMARC alignment of quay.example.org: " in result.stdout
    assert not [line for line in lines if line.startswith("FAIL")]
    assert [line for line in lines if line.startswith("warn")] == [
        line for line in lines if f"SPF of quay.example.org for 127.0.0.1:{post_office.port}" in line
    ]
    assert result.stderr.splitlines()[-1] == "1 warning"
    assert not post_office.messages


def test_a_fault_is_told_with_the_record_that_mends_it(publisher: Site, names: NameServer) -> None:
    key = dkim_key(load(publisher.folder / "digest.toml", {}).dkim[0])
    names.zone = ZONE
    result = publisher.run("check", "--deliverability")
    assert result.exit_code == 1
    assert "FAIL  DKIM digest1._domainkey.quay.example.org: there is no such record" in result.stdout
    assert f"      publish: {key.record.name}. IN TXT {strings(key.record.value)}\n" in result.stdout
    assert "1 fault, 1 warning" in result.stderr


@pytest.mark.parametrize("how", ["sick", "silent"])
def test_a_resolver_that_does_not_answer_is_no_fault_of_the_publisher(
    publisher: Site, names: NameServer, how: str
) -> None:
    setattr(names, how, frozenset({"*"}))
    result = publisher.run("check", "--deliverability")
    assert result.exit_code == 75
    assert "wait  SPF of quay.example.org: the DNS did not answer" in result.stdout
    assert not [line for line in result.stdout.splitlines() if line.startswith("FAIL")]
    assert "unanswered questions" in result.stderr


def test_a_fault_outweighs_a_question_without_an_answer(publisher: Site, names: NameServer) -> None:
    names.sick = frozenset({"_dmarc.quay.example.org"})
    names.zone = names.zone.replace("v=spf1 mx -all", "v=spf1 +all")
    assert publisher.run("check", "--deliverability").exit_code == 1


def test_each_finding_is_an_object_a_line(publisher: Site, names: NameServer) -> None:
    names.sick = frozenset({"_dmarc.quay.example.org"})
    findings = told(publisher)
    assert {tuple(finding) for finding in findings.values()} == {
        ("subject", "level", "found", "source", "advice", "record")
    }
    assert {finding["level"] for finding in findings.values()} == {"well", "warning", "unanswered"}


def test_pages_that_nobody_serves_are_a_fault(publisher: Site, web: Web) -> None:
    assert told(publisher)["readers' pages"]["level"] == "well"
    web.pages.clear()
    result = publisher.run("check", "--deliverability")
    assert result.exit_code == 1
    assert f"FAIL  readers' pages: web.url: something else answers at {web.url('/health')} (status 404" in result.stdout
    assert "hint: start `digest serve`" in result.stdout


def test_one_digest_is_looked_at_alone(publisher: Site) -> None:
    configure(publisher, "[smtp]", '[digests.daily]\nfrom = "daily@other.example.org"\ncadence = "day"\n\n[smtp]')
    assert "SPF of other.example.org" in told(publisher)
    assert "SPF of other.example.org" not in told(publisher, "--digest", "weekly")
    assert "SPF of quay.example.org" not in told(publisher, "--digest", "daily")
    result = publisher.run("check", "--deliverability", "--digest", "yearly")
    assert result.exit_code == 2
    assert "there is no digest 'yearly'" in result.stderr


def test_every_mail_server_is_looked_at(publisher: Site, post_office: PostOffice) -> None:
    configure(publisher, "[smtp]", '[[smtp]]\nname = "second"\nhost = "127.0.0.2"\nport = 1\ntls = "none"\n\n[[smtp]]')
    findings = told(publisher)
    assert findings["TLS of second"]["level"] == "unanswered"
    assert findings[f"TLS of 127.0.0.1:{post_office.port}"]["level"] == "well"


def test_a_resolver_that_is_no_address_is_a_fault_of_the_configuration(site: Site) -> None:
    configure(site, "[delivery]", '[dns]\nservers = ["dns.example.org"]\n\n[delivery]')
    result = site.run("check", "--deliverability")
    assert result.exit_code == 78
    assert "dns.servers: expected the address of a resolver, found 'dns.example.org'" in result.stderr


@pytest.mark.parametrize(
    "words",
    [("--deliverability", "--email"), ("--deliverability", "--period", "2025-W49"), ("--deliverability", "--online"),
     ("--digest", "weekly"), ("--deliverability", "digest.toml")],
)  # fmt: skip
def test_options_that_do_not_go_together_are_refused(site: Site, words: tuple[str, ...]) -> None:
    named = [str(site.folder / word) if word == "digest.toml" else word for word in words]
    assert site.run("check", *named).exit_code == 2


def test_looking_changes_nothing(publisher: Site) -> None:
    before = sorted(path.name for path in publisher.folder.rglob("*"))
    publisher.run("check", "--deliverability")
    assert sorted(path.name for path in publisher.folder.rglob("*")) == before
