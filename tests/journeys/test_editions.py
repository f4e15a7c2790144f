"""What a person does with an edition afterwards: look, stop and resume, settle, try again; and readers' hours."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable

import pytest

from digest.scheduler import Clockwork
from tests.journeys.conftest import PostOffice, Site, article, on_duty
from tests.journeys.steps import Time, app_of, configure, deliveries, subscribe

TUESDAY = "2025-12-09T08:00:00+00:00"
GONE = "550 5.1.1 no such mailbox here"
REFUSED = "550 5.7.1 not from you"
ZONES = {"auckland": "Pacific/Auckland", "berlin": "Europe/Berlin", "new-york": "America/New_York"}


def enlist(site: Site, zones: Iterable[tuple[str, str]]) -> None:
    table = site.folder / "people.csv"
    rows = "".join(f"{name}@example.org,{zone}\n" for name, zone in zones)
    table.write_text(f"email,timezone\n{rows}", encoding="utf-8")
    assert site.run("subscribers", "import", str(table)).exit_code == 0


# --- stop and resume -----------------------------------------------------------------------------------------------


def test_an_edition_that_was_stopped_goes_on_when_it_is_resumed(site: Site, post_office: PostOffice) -> None:
    subscribe(site)
    post_office.replies["second@example.org"] = "451 4.7.1 greylisted"
    assert site.run("send", "--yes").exit_code == 75
    post_office.replies.clear()
    assert site.run("editions", "stop", "1").stdout == "weekly/2025-W49 is stopped\n"
    assert site.run("send", "--yes", now=TUESDAY).exit_code == 0
    assert deliveries(site)["second@example.org"] == "deferred"
    resumed = site.run("editions", "resume", "1")
    assert resumed.stdout == "weekly/2025-W49 goes on\n"
    assert "digest send --digest weekly --period 2025-W49" in resumed.stderr
    assert "stopped" not in resumed.stderr
    assert site.run("send", "--yes", now=TUESDAY).exit_code == 0
    assert set(deliveries(site).values()) == {"accepted"}
    (told,) = site.lines("editions", "show", "1")
    assert [act["act"] for act in told["acts"]] == ["stop", "resume"]


def test_stopping_twice_and_resuming_what_runs_changes_nothing_and_says_so(site: Site) -> None:
    subscribe(site)
    site.run("send", "--yes")
    for words, expected in (
        ("resume", "weekly/2025-W49 is not stopped; nothing has changed\n"),
        ("stop", "weekly/2025-W49 is stopped\n"),
        ("stop", "weekly/2025-W49 was stopped before; nothing has changed\n"),
    ):
        result = site.run("editions", words, "1")
        assert (result.exit_code, result.stdout) == (0, expected)
    (told,) = site.lines("editions", "show", "1")
    assert [act["act"] for act in told["acts"]] == ["stop"]


# --- try again -----------------------------------------------------------------------------------------------------


def test_what_failed_is_tried_again_but_for_dead_mailboxes_and_those_who_left(
    site: Site, post_office: PostOffice
) -> None:
    subscribe(site, ("refused@example.org", "dead@example.org", "left@example.org", "fine@example.org"))
    post_office.replies |= {"refused@example.org": REFUSED, "dead@example.org": GONE, "left@example.org": REFUSED}
    assert site.run("send", "--yes").exit_code == 0
    post_office.replies.clear()
    assert site.run("subscribers", "remove", "left@example.org").exit_code == 0
    again = site.run("editions", "retry", "1", "--failed")
    assert again.exit_code == 0
    assert again.stdout.splitlines() == [
        "weekly/2025-W49: 1 failed are due again",
        "  left out: 1 suppressed",
        "  left out: 1 unsubscribed",
    ]
    listed = {fact["address"]: fact for fact in site.lines("editions", "deliveries", "1")}
    assert listed["refused@example.org"]["status"] == "queued"
    assert listed["refused@example.org"]["reply"].endswith("(retried by the operator)")
    assert (listed["refused@example.org"]["attempts"], listed["refused@example.org"]["first_tried"]) == (1, None)
    assert site.run("send", "--yes").exit_code == 0
    assert post_office.received == {"fine@example.org": 1, "refused@example.org": 1}
    assert deliveries(site) == {
        "refused@example.org": "accepted",
        "fine@example.org": "accepted",
        "dead@example.org": "failed",
        "left@example.org": "failed",
    }


def test_to_try_again_says_what_it_does_before_it_does_it(site: Site) -> None:
    subscribe(site)
    site.run("send", "--yes")
    refused = site.run("editions", "retry", "1")
    assert refused.exit_code == 2
    assert "say --failed: what failed is mailed again" in refused.stderr


def test_what_is_due_again_in_a_stopped_edition_waits_until_it_is_resumed(site: Site, post_office: PostOffice) -> None:
    subscribe(site)
    post_office.replies["second@example.org"] = REFUSED
    site.run("send", "--yes")
    site.run("editions", "stop", "1")
    said = site.run("editions", "retry", "1", "--failed").stderr
    assert "it is stopped: `digest editions resume weekly/2025-W49` lets it go on" in said


# --- settle --------------------------------------------------------------------------------------------------------


@pytest.fixture
def doubtful(site: Site) -> Site:
    """An edition of three deliveries, each of which was perhaps taken."""

    class Office(PostOffice):
        async def handle_DATA(self, server, _session, envelope):  # noqa: N802 - aiosmtpd's name
            self.messages.append((envelope.rcpt_tos[0], envelope.original_content))
            server.transport.abort()
            return "250 2.0.0 never heard"

    subscribe(site, (f"{name}@example.org" for name in "abc"))
    text = (site.folder / "digest.toml").read_text(encoding="utf-8")
    with on_duty(Office()) as office:
        (site.folder / "digest.toml").write_text(_with_port(text, office.port), encoding="utf-8")
        site.run("send", "--yes")
    (site.folder / "digest.toml").write_text(text, encoding="utf-8")
    assert set(deliveries(site).values()) == {"uncertain"}
    return site


def _with_port(text: str, port: int) -> str:
    return "\n".join(f"port = {port}" if line.startswith("port = ") else line for line in text.split("\n"))


def test_doubts_are_settled_one_by_one_however_the_address_is_written(doubtful: Site, post_office: PostOffice) -> None:
    settled = doubtful.run("editions", "settle", "1", "--accept", "A@Example.ORG", "b@example.org")
    assert settled.stdout == "weekly/2025-W49: 2 settled: accept\n"
    assert deliveries(doubtful) == {
        "a@example.org": "accepted",
        "b@example.org": "accepted",
        "c@example.org": "uncertain",
    }
    assert doubtful.run("editions", "settle", "1", "--resend").stdout == "weekly/2025-W49: 1 settled: resend\n"
    assert doubtful.run("send", "--yes").exit_code == 0
    assert post_office.received == {"c@example.org": 1}
    (told,) = doubtful.lines("editions", "show", "1")
    assert [act["detail"] for act in told["acts"]] == ["2 uncertain, by address: accept", "1 uncertain: resend"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("x@example.org", "no uncertain delivery to x@example.org"),
        ("nobody", "'nobody' is not an e-mail address"),
    ],
)
def test_an_address_without_a_doubt_is_named_and_nothing_is_settled(doubtful: Site, wrong: str, said: str) -> None:
    refused = doubtful.run("editions", "settle", "1", "--accept", "a@example.org", wrong)
    assert refused.exit_code == 2
    assert said in refused.stderr
    assert set(deliveries(doubtful).values()) == {"uncertain"}


@pytest.mark.parametrize("flags", [(), ("--accept", "--resend"), ("--resend", "--accept")])
def test_doubts_are_settled_one_way_or_the_other_and_never_both(doubtful: Site, flags: tuple[str, ...]) -> None:
    refused = doubtful.run("editions", "settle", "1", *flags)
    assert refused.exit_code == 2
    assert "say either --resend" in refused.stderr
    assert set(deliveries(doubtful).values()) == {"uncertain"}


# --- look ----------------------------------------------------------------------------------------------------------


def test_an_edition_tells_how_it_went(site: Site, post_office: PostOffice) -> None:
    subscribe(site)
    post_office.replies["second@example.org"] = REFUSED
    site.run("send", "--yes")
    (told,) = site.lines("editions", "show", "1")
    ((_, counts),) = told["servers"].items()
    assert counts == {"accepted": 1, "failed": 1}
    assert told["first_tried"].startswith("2025-12-08T08:00")
    assert told["last_tried"] >= told["first_tried"]
    assert (told["due_from"], told["due_until"], told["notices"]) == (None, None, {})
    lines = site.run("editions", "show", "1").stdout.splitlines()
    assert any(line.startswith("  handed over from 2025-12-08 08:00:") for line in lines)
    assert any(line.endswith(": 1 accepted, 1 failed") for line in lines)
    assert any(line.startswith("  failed: second@example.org: 550 5.7.1") for line in lines)


def test_a_line_for_each_delivery_begins_with_what_was_always_told(site: Site, post_office: PostOffice) -> None:
    subscribe(site)
    post_office.replies["second@example.org"] = REFUSED
    site.run("send", "--yes")
    facts = {fact["address"]: fact for fact in site.lines("editions", "deliveries", "1")}
    for fact in facts.values():
        assert list(fact)[:5] == ["address", "status", "attempts", "reply", "message_id"]
        assert fact["first_tried"] <= fact["changed"]
        assert fact["due"] is None
        assert fact["server"]
    sent = post_office.message_for("first@example.org").decode()
    assert facts["first@example.org"]["message_id"] in sent
    failed = site.run("editions", "deliveries", "1", "--status", "failed").stdout
    assert failed.startswith("second@example.org  failed  1  550 5.7.1")
    assert failed.count("\n") == 1
    assert site.run("editions", "deliveries", "1", "--status", "deferred").stdout == ""


# --- readers' hours ------------------------------------------------------------------------------------------------


def test_an_edition_leaves_at_seven_on_each_reader_s_clock(site: Site, post_office: PostOffice) -> None:
    configure(site, "[smtp]", 'zone = "subscriber"\ncutoff = "12:00"\n[smtp]')
    enlist(site, ZONES.items())
    early = site.run("send", "--yes", now="2025-12-07T17:00:00+00:00")  # seven on Monday in Kiritimati
    assert early.exit_code == 75
    assert "3 deliveries of weekly/2025-W48 wait for their time, the next at 2025-12-07 18:00 UTC" in early.stderr
    assert "tried later" not in early.stderr
    assert not post_office.messages
    (shown,) = site.lines("editions", "show", "1", now="2025-12-07T17:30:00+00:00")
    assert (shown["due_from"], shown["due_until"]) == ("2025-12-07T18:00:00+00:00", "2025-12-08T12:00:00+00:00")
    text = site.run("editions", "show", "1", now="2025-12-07T17:30:00+00:00").stdout
    assert "  due from 2025-12-07 18:00 to 2025-12-08 12:00 UTC\n" in text
    got = []
    for now, code in (
        ("2025-12-07T18:00:00+00:00", 75),
        ("2025-12-08T05:59:00+00:00", 75),
        ("2025-12-08T06:00:00+00:00", 75),
        ("2025-12-08T12:00:00+00:00", 0),
    ):
        assert site.run("send", "--yes", "--period", "2025-W48", now=now).exit_code == code
        got.append(sorted(address.partition("@")[0] for address in post_office.received))
    assert got == [
        ["auckland"],
        ["auckland"],
        ["auckland", "berlin"],
        ["auckland", "berlin", "new-york"],
    ]
    assert set(post_office.received.values()) == {1}


def test_what_was_deferred_and_what_waits_for_its_hour_are_told_apart(site: Site, post_office: PostOffice) -> None:
    configure(site, "[smtp]", 'zone = "subscriber"\ncutoff = "12:00"\n[smtp]')
    enlist(site, ZONES.items())
    post_office.replies["auckland@example.org"] = "451 4.7.1 greylisted"
    events = site.run("send", "--yes", "--json", now="2025-12-07T18:00:00+00:00")
    assert events.exit_code == 75
    assert "2 deliveries of weekly/2025-W48 wait for their time, the next at 2025-12-08 06:00 UTC" in events.stderr
    assert "1 deliveries of weekly/2025-W48 are to be tried later, the next at 2025-12-07 18:0" in events.stderr
    by_kind = {event["event"]: event for event in map(json.loads, events.stdout.splitlines())}
    assert by_kind["started"]["total"] == by_kind["progress"]["total"] == by_kind["progress"]["done"] == 1


def test_sent_by_hand_when_every_hour_has_passed_it_leaves_at_once(site: Site, post_office: PostOffice) -> None:
    configure(site, "[smtp]", 'zone = "subscriber"\nbetween = ["07:00", "10:00"]\n[smtp]')
    enlist(site, ZONES.items())
    assert site.run("send", "--yes", now="2025-12-09T00:00:00+00:00").exit_code == 0
    assert len(post_office.received) == 3


def test_a_window_spreads_an_edition_over_the_morning(site: Site, post_office: PostOffice) -> None:
    configure(site, "[smtp]", 'between = ["07:00", "07:04"]\n[smtp]')
    subscribe(site, (f"reader{n}@example.org" for n in range(8)))
    sizes = []
    for minute in range(4):
        result = site.run("send", "--yes", now=f"2025-12-08T07:0{minute}:00+00:00")
        assert result.exit_code == (75 if minute < 3 else 0)
        sizes.append(len(post_office.received))
    assert sizes == [2, 4, 6, 8]
    assert set(post_office.received.values()) == {1}


def test_the_clockwork_publishes_before_the_first_reader_s_hour_and_serves_each_at_theirs(
    site: Site, post_office: PostOffice
) -> None:
    site.write("evening.md", article("Evening", "2025-12-07T15:00:00+00:00"))  # of the next period
    configure(site, "[smtp]", 'zone = "subscriber"\ncutoff = "12:00"\n[smtp]')
    enlist(site, ZONES.items())
    time = Time("2025-12-07T11:30:00+00:00")
    app = app_of(site, time)
    clockwork = Clockwork(app)
    published: list[str] = []
    seen: dict[str, str] = {}

    async def tick() -> None:
        published.extend(f"{record.name} {time():%d %H:%M}" for record in clockwork.publish_due())
        clockwork.send_unfinished(asyncio.Event())
        await asyncio.gather(*clockwork.sending.values())

    for _ in range(30):
        asyncio.run(tick())
        for address in post_office.received:
            seen.setdefault(address.partition("@")[0], f"{time():%d %H:%M}")
        time.go(hours=1)
    assert published == ["weekly/2025-W48 07 17:30"]  # of the week that began on Sunday at noon
    assert seen == {"auckland": "07 18:30", "berlin": "08 06:30", "new-york": "08 12:30"}
    assert set(post_office.received.values()) == {1}
    assert json.loads(site.run("editions", "list", "--json").stdout)["counts"]["accepted"] == 3
