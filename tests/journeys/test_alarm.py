"""What the operator hears by mail of ``digest run``: that an edition cannot leave, and that it leaves after all."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

import dkim as dkimpy
import pytest

from digest.app import App
from digest.dkim import Kind, generate
from digest.errors import StoreError
from digest.model import Sender
from digest.scheduler.alarm import TRY_AGAIN, Alarm, Notice
from digest.scheduler.clockwork import Clockwork
from tests.journeys.conftest import PostOffice, Site, article, on_duty
from tests.journeys.steps import READERS, Time, app_of, body, configure, heard, opened, started, subscribe

DUE = "2025-12-08T07:00:00+00:00"  # when the edition of 2025-W49 leaves
OPERATOR = "operator@example.org"


@dataclass
class MoodyOffice(PostOffice):
    """A mail server that at times takes no mail, or none but the operator's."""

    mood: str = "well"

    async def handle_MAIL(self, _server, _session, envelope, address, _options):  # noqa: N802 - aiosmtpd's name
        if self.mood == "closed":
            return "452 4.3.1 the quota of this day is used up"
        envelope.mail_from = address
        return "250 2.1.0 fine"

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802 - aiosmtpd's name
        if self.mood == "choosy" and address != OPERATOR:
            return "530 5.7.0 log in first"
        return await super().handle_RCPT(server, session, envelope, address, options)

    @property
    def told(self) -> list[str]:
        """The subjects of what the operator got."""
        return [opened(data)["Subject"] for address, data in self.messages if address == OPERATOR]


@pytest.fixture
def post_office() -> Iterator[PostOffice]:
    with on_duty(MoodyOffice()) as office:
        yield office


@pytest.fixture
def site(site: Site) -> Site:
    configure(site, "[delivery]", f'[delivery]\noperator = "{OPERATOR}"')
    subscribe(site)
    return site


def tick(clockwork: Clockwork) -> None:
    """One tick, and all that it sets off."""

    async def all_of_it() -> None:
        clockwork.publish_due()
        clockwork.send_unfinished(asyncio.Event())
        await asyncio.gather(*clockwork.sending.values())
        await clockwork.alarm.speak()

    asyncio.run(all_of_it())


STUCK = "weekly/2025-W49 is not being sent: no mail server takes its messages"
UNSTUCK = "weekly/2025-W49 is being sent again"
HELD_UP = "weekly/2025-W49 is not being sent"


def test_a_pause_is_told_once_as_soon_as_it_can_be_and_its_end_once(site: Site, post_office: MoodyOffice) -> None:
    time = Time(DUE)
    clockwork = Clockwork(app_of(site, time))
    for mood, told in (
        ("closed", []),
        ("closed", []),
        ("choosy", [STUCK]),
        ("choosy", [STUCK]),
        ("closed", [STUCK]),
        ("well", [STUCK, UNSTUCK]),
        ("well", [STUCK, UNSTUCK]),
    ):
        post_office.mood = mood
        tick(clockwork)
        assert post_office.told == told, mood
        time.instant += TRY_AGAIN
    assert post_office.received == {**dict.fromkeys(READERS, 1), OPERATOR: 2}


def test_it_says_what_happened_since_when_how_many_wait_and_what_to_do(site: Site, post_office: MoodyOffice) -> None:
    time = Time(DUE)
    clockwork = Clockwork(app_of(site, time))
    post_office.mood = "choosy"
    tick(clockwork)
    mail = opened(post_office.message_for(OPERATOR))
    assert not mail.defects
    assert (mail["From"], mail["To"]) == ("weekly@quay.example.org", OPERATOR)
    assert mail["Auto-Submitted"] == "auto-generated"
    text = mail.get_content()
    for words in (
        "530 5.7.0 log in first",
        "since:    2025-12-08 07:00 UTC",
        "edition:  weekly/2025-W49, number 1: ",
        "waiting:  2 of 2 deliveries",
        "digest check",
        "digest editions stop weekly/2025-W49",
    ):
        assert words in text
    time.go(hours=2)
    post_office.mood = "well"
    tick(clockwork)
    last = opened(post_office.messages[-1][1])
    assert last["Subject"] == UNSTUCK
    assert "paused:   2025-12-08 07:00 to 2025-12-08 09:00 UTC" in last.get_content()


def test_what_is_over_before_it_could_be_told_is_not_told(site: Site, post_office: MoodyOffice) -> None:
    time = Time(DUE)
    clockwork = Clockwork(app_of(site, time))
    post_office.mood = "closed"
    tick(clockwork)
    post_office.mood = "well"
    time.instant += TRY_AGAIN
    tick(clockwork)
    assert post_office.received == dict.fromkeys(READERS, 1)


def test_the_mail_goes_through_whichever_server_takes_it(site: Site, post_office: MoodyOffice) -> None:
    with on_duty(MoodyOffice(mood="choosy")) as other:
        second = f'[[smtp]]\nhost = "127.0.0.1"\nport = {other.port}\ntls = "none"\n\n[delivery]'
        configure(site, "[smtp]", "[[smtp]]")
        configure(site, "[delivery]", second)
        post_office.mood = "closed"
        tick(Clockwork(app_of(site, Time(DUE))))
        assert post_office.told == []
        assert isinstance(other, MoodyOffice)
        assert other.told == [STUCK]


def break_template(site: Site) -> None:
    (site.folder / "templates").mkdir()
    (site.folder / "templates" / "subject.txt").write_text("{{ editoin.title }}\n", encoding="utf-8")
    configure(site, "[delivery]", '[templates]\nfolder = "templates"\n\n[delivery]')


def test_an_edition_that_cannot_be_published_is_told_once_for_its_period(site: Site, post_office: MoodyOffice) -> None:
    break_template(site)
    time = Time(DUE)
    clockwork = Clockwork(app_of(site, time))
    for _ in range(3):
        tick(clockwork)
        time.instant += TRY_AGAIN
    assert post_office.told == ["weekly/2025-W49 could not be published"]
    text = body(opened(post_office.message_for(OPERATOR)), "plain")
    assert "subject.txt:1" in text
    assert "due:      2025-12-08 07:00 UTC" in text
    for n in range(3):
        site.write(f"more-{n}.md", article(f"More {n}", "2025-12-09"))
    time.instant = time.instant.replace(day=15)
    tick(clockwork)
    assert post_office.told == [f"weekly/2025-W{week} could not be published" for week in (49, 50)]


def sign(site: Site) -> None:
    """With a key, which is made."""
    key = generate(Kind.ED25519, domain="quay.example.org", selector="one")
    (site.folder / "dkim.pem").write_bytes(key.pem)
    table = '[[dkim]]\ndomain = "quay.example.org"\nselector = "one"\nkey_file = "dkim.pem"\n\n[delivery]'
    configure(site, "[delivery]", table)


def test_whatever_else_keeps_an_edition_from_leaving_is_told_in_its_own_words(
    site: Site, post_office: MoodyOffice
) -> None:
    sign(site)
    time = Time(DUE)
    app = app_of(site, time)
    app.freeze(app.digest(), app.prepare(app.digest(), app.period(app.digest(), None)))
    clockwork = Clockwork(app_of(site, time))
    good = (site.folder / "dkim.pem").read_bytes()
    (site.folder / "dkim.pem").write_text("junk", encoding="utf-8")
    for _ in range(3):
        tick(clockwork)
        time.instant += TRY_AGAIN
    assert post_office.told == [HELD_UP]
    text = body(opened(post_office.message_for(OPERATOR)), "plain")
    assert "dkim.pem: this is not a private key in PEM" in text
    assert "server" not in text
    (site.folder / "dkim.pem").write_bytes(good)
    tick(clockwork)
    assert post_office.told == [HELD_UP, UNSTUCK]


def test_a_restart_forgets_neither_what_was_told_nor_since_when_it_is_so(site: Site, post_office: MoodyOffice) -> None:
    time = Time(DUE)
    post_office.mood = "choosy"
    for _ in range(3):
        tick(Clockwork(app_of(site, time)))
        time.go(hours=1)
    assert post_office.told == [STUCK]
    post_office.mood = "well"
    tick(Clockwork(app_of(site, time)))
    assert post_office.told == [STUCK, UNSTUCK]
    assert "paused:   2025-12-08 07:00 to 2025-12-08 10:00 UTC" in opened(post_office.messages[-1][1]).get_content()
    assert app_of(site, time).alarms.known() == {}


def test_a_restart_before_the_end_could_be_told_does_not_swallow_it(site: Site, post_office: MoodyOffice) -> None:
    time = Time(DUE)
    post_office.mood = "choosy"
    clockwork = Clockwork(app_of(site, time))
    tick(clockwork)
    post_office.mood = "well"
    time.instant += TRY_AGAIN

    async def send_and_end() -> None:  # before a word was said
        clockwork.send_unfinished(asyncio.Event())
        await asyncio.gather(*clockwork.sending.values())

    asyncio.run(send_and_end())
    tick(Clockwork(app_of(site, time)))
    assert post_office.told == [STUCK, UNSTUCK]


def test_what_somebody_sends_by_hand_meanwhile_is_over_too(site: Site, post_office: MoodyOffice) -> None:
    time = Time(DUE)
    clockwork = Clockwork(app_of(site, time))
    post_office.mood = "choosy"
    tick(clockwork)
    post_office.mood = "well"
    assert site.run("send", "--yes", now=DUE).exit_code == 0
    tick(clockwork)
    tick(clockwork)
    assert post_office.told == [STUCK, UNSTUCK]


def test_what_somebody_gives_up_is_not_said_to_go_on(site: Site, post_office: MoodyOffice) -> None:
    time = Time(DUE)
    clockwork = Clockwork(app_of(site, time))
    post_office.mood = "choosy"
    tick(clockwork)
    site.run("editions", "stop", "1", now=DUE)
    post_office.mood = "well"
    time.instant += TRY_AGAIN
    tick(clockwork)
    assert post_office.told == [STUCK]
    assert app_of(site, time).alarms.known() == {}


def test_an_edition_that_could_not_be_published_may_get_stuck_too(site: Site, post_office: MoodyOffice) -> None:
    break_template(site)
    time = Time(DUE)
    clockwork = Clockwork(app_of(site, time))
    tick(clockwork)
    (site.folder / "templates" / "subject.txt").unlink()
    post_office.mood = "choosy"
    time.instant += TRY_AGAIN
    tick(clockwork)
    assert post_office.told == ["weekly/2025-W49 could not be published", STUCK]


def test_a_database_that_is_away_is_told_and_that_it_is_back(
    site: Site, post_office: MoodyOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(*_: object) -> None:
        raise StoreError("digest.db: the disk is full", hint="make room")

    time = Time(DUE)
    app = app_of(site, time)
    clockwork = Clockwork(app)
    with monkeypatch.context() as patch:
        for part, call in ((app.deliveries, "unfinished"), (app.editions, "find"), (app.editions, "begin")):
            patch.setattr(part, call, locked)
        for call in ("begin", "claim", "keep", "forget"):
            patch.setattr(app.alarms, call, locked)
        for _ in range(3):
            tick(clockwork)
            time.instant += TRY_AGAIN
    assert post_office.told == ["weekly/2025-W49 could not be published", "nothing is being sent"]
    tick(clockwork)
    assert post_office.told[2:] == ["sending goes on"]


@pytest.mark.usefixtures("post_office")
async def test_an_operator_s_domain_is_written_as_the_dns_knows_it(site: Site) -> None:
    configure(site, OPERATOR, "ops@münchen.example")
    with on_duty(MoodyOffice(), enable_SMTPUTF8=False) as office:
        configure(site, f"port = {app_of(site, Time(DUE)).config.smtp[0].port}", f"port = {office.port}")
        time = Time(DUE)
        telling = Telling(app_of(site, time), time)
        telling.ring()
        await telling.speak()
    assert [address for address, _ in office.messages] == ["ops@xn--mnchen-3ya.example"]


def test_what_it_says_is_signed_as_everything_else(site: Site, post_office: MoodyOffice) -> None:
    sign(site)
    [record] = site.lines("dkim", "record")
    post_office.mood = "choosy"
    tick(Clockwork(app_of(site, Time(DUE))))
    mail = dkimpy.DKIM(post_office.message_for(OPERATOR))
    assert mail.verify(dnsfunc=lambda _name, **_: record["value"].encode())


def test_of_two_runs_on_one_database_one_tells_and_one_that_it_is_over(site: Site, post_office: MoodyOffice) -> None:
    time = Time(DUE)
    for mood, told in (("choosy", [STUCK]), ("well", [STUCK, UNSTUCK])):
        post_office.mood = mood
        runs = [Clockwork(app_of(site, time)) for _ in range(2)]
        for run in runs:
            tick(run)
        time.instant += TRY_AGAIN
        for run in runs:
            tick(run)
        assert post_office.told == told


def test_nobody_is_told_where_nobody_is_named(site: Site, post_office: MoodyOffice) -> None:
    configure(site, f'operator = "{OPERATOR}"', "")
    break_template(site)
    tick(Clockwork(app_of(site, Time(DUE))))
    assert post_office.messages == []


class Telling:
    """An alarm about one thing."""

    def __init__(self, app: App, time: Time) -> None:
        self._alarm = Alarm(app)
        self._time = time
        self._sender = Sender("", "weekly@quay.example.org", "weekly.quay.example.org", "weekly@quay.example.org")

    def ring(self) -> None:
        self._alarm.ring("it", Notice(self._sender, "it began", "Words."))

    def over(self) -> None:
        self._alarm.over("it", Notice(self._sender, "it is over", "Words.", over=True))

    async def speak(self) -> None:
        self._time.instant += TRY_AGAIN
        await self._alarm.speak()


async def test_what_is_over_for_a_moment_that_nobody_heard_of_was_never_over(
    site: Site, post_office: MoodyOffice
) -> None:
    time = Time(DUE)
    telling = Telling(app_of(site, time), time)
    telling.ring()
    await telling.speak()
    assert post_office.told == ["it began"]
    post_office.mood = "closed"
    telling.over()
    await telling.speak()
    telling.ring()
    post_office.mood = "well"
    await telling.speak()
    assert post_office.told == ["it began"]
    telling.over()
    await telling.speak()
    telling.ring()
    await telling.speak()
    assert post_office.told == ["it began", "it is over", "it began"]


def test_the_running_clockwork_tells_too(site: Site, post_office: MoodyOffice) -> None:
    post_office.mood = "choosy"
    with started(site.start("run", now="2025-12-08T07:00:00+00:00")) as clockwork:
        said = heard(clockwork, 'event="operator told"')
    assert "event=paused" in "\n".join(said)
    assert post_office.told == [STUCK]
