"""The postman when something goes wrong: no letter is lost, none is mailed twice, and nobody is kept busy with trying."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest import postman
from digest.model import Choices, Request
from digest.postman import FAULTS, FIRST_RETRY, KEPT, LONGEST_REST, LONGEST_RETRY, SWEEP, rest, wait
from tests.journeys.posting import PATIENCE, READER, START, WITHIN, House, housed, logged, until
from tests.sending.server import CUT, FINAL, GREETING, HANG, Answer, Moment, say


@pytest.fixture(autouse=True)
def _listening(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """He may be woken at any time."""
    monkeypatch.setattr(postman, "BREATH", 0.0)


# --- the server


@pytest.mark.usefixtures("hurried")
async def test_a_server_that_is_down_gets_each_letter_once_when_it_is_back(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with housed(tmp_path, listening=False) as house:
        wanted = house.ask_all(25)
        first = house.ask()
        before = house.find(first)
        async with house.postman() as one:
            await until(lambda: logged(caplog, "not taken"))
            assert house.find(first) == before
            await house.server.listen()
            house.now += FIRST_RETRY
            one.wake()
            await until(lambda: house.server.taken.total() >= 26)
    assert house.server.taken == wanted + Counter([READER])
    assert house.find(first).mailed == START + FIRST_RETRY


@pytest.mark.usefixtures("hurried")
async def test_he_comes_back_by_himself_to_a_server_that_was_down(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postman, "FIRST_RETRY", timedelta(milliseconds=10))
    async with housed(tmp_path, listening=False) as house:
        wanted = house.ask_all(3)
        async with house.postman():
            await until(lambda: len(logged(caplog, "not taken")) > 1)
            await house.server.listen()
            await until(lambda: house.server.taken == wanted)


async def test_a_server_that_takes_nothing_is_asked_once_however_much_waits_and_however_often_he_is_woken(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postman, "BREATH", 10.0 * PATIENCE)
    async with housed(tmp_path, lambda at: say("421 4.3.2 later") if at.stage == GREETING else None) as house:
        house.ask_all(60)
        async with house.postman() as one:
            await until(lambda: logged(caplog, "not taken"))
            for number in range(20):
                house.ask(f"further{number}@example.net")
                one.wake()
                await asyncio.sleep(0.001)
    assert house.server.connections == 1
    assert house.app.requests.waiting() == (80, START)


async def test_a_server_that_breaks_over_each_letter_is_left_alone_after_a_few(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with housed(tmp_path, lambda at: say("550 5.7.1 go away") if at.stage == "MAIL" else None) as house:
        house.ask_all(20)
        async with house.postman():
            await until(lambda: logged(caplog, "letters"))
    assert house.server.connections == FAULTS
    assert house.app.requests.waiting() == (20, START)


async def test_a_server_that_cuts_the_line_after_each_letter_makes_a_few_uncertain_and_not_all(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with housed(tmp_path, lambda at: CUT if at.stage == FINAL else None) as house:
        house.ask_all(20)
        async with house.postman():
            await until(lambda: logged(caplog, "letters"))
    assert house.server.begun.total() == FAULTS
    assert house.app.requests.waiting() == (20 - FAULTS, START)


@given(st.integers(1, 10**9))
def test_the_rest_grows_with_each_round_that_fails_and_stays_within_bounds(faulty: int) -> None:
    assert FIRST_RETRY <= rest(faulty) <= rest(faulty + 1) <= LONGEST_REST


async def tried(house: House, request: int) -> Request:
    """The request once its letter was tried and not taken."""
    async with house.postman():
        await until(lambda: house.find(request).due != house.now)
    return house.find(request)


async def test_a_letter_that_is_put_off_is_tried_again_later_and_later(tmp_path: Path) -> None:
    async with housed(
        tmp_path, lambda at: say("450 4.2.1 busy") if at.stage == "RCPT" and at.turn < 9 else None
    ) as house:
        asked = house.ask()
        minutes = []
        for _ in range(8):
            found = await tried(house, asked)
            assert found.due is not None
            assert found.mailed is None
            assert found.reply == "450 4.2.1 busy"
            minutes.append((found.due - house.now) // timedelta(minutes=1))
            house.now = found.due
        async with house.postman():
            await until(lambda: house.mails)
    assert minutes == [1, 1, 2, 4, 8, 16, 30, 30]
    assert house.server.taken == Counter([READER])


@given(st.timedeltas(min_value=timedelta(0)))
def test_the_wait_grows_with_the_age_and_stays_within_bounds(age: timedelta) -> None:
    assert FIRST_RETRY <= wait(age) <= LONGEST_RETRY
    assert wait(age) <= wait(age + timedelta(seconds=1))


async def test_a_refusal_for_good_is_not_tried_again(tmp_path: Path) -> None:
    refusal = say("550 5.1.1 nobody of that name")
    async with housed(tmp_path, lambda at: refusal if at.stage == "RCPT" and READER in at.argument else None) as house:
        refused = house.ask()
        house.ask("other@example.net")
        async with house.postman():
            await until(lambda: house.find(refused).reply)
    assert house.find(refused).due is None
    assert house.find(refused).reply == "550 5.1.1 nobody of that name"
    assert house.server.taken == Counter(["other@example.net"])


async def test_a_letter_is_given_up_when_its_link_would_have_ended(tmp_path: Path) -> None:
    async with housed(tmp_path, lambda at: say("450 4.2.1 busy") if at.stage == "RCPT" else None) as house:
        asked = house.ask()
        house.now += WITHIN - LONGEST_RETRY
        async with house.postman():
            await until(lambda: house.find(asked).due is None)
        assert house.find(asked).reply == "450 4.2.1 busy"
        late = house.ask("late@example.net")
        house.now += WITHIN
        async with house.postman():
            await until(lambda: house.find(late).due is None)
    assert house.find(late).mailed is None
    assert house.server.verbs().count("RCPT") == 1


async def test_a_letter_that_is_in_doubt_is_not_mailed_again(tmp_path: Path) -> None:
    async with housed(tmp_path, lambda at: CUT if at.stage == FINAL and at.turn == 1 else None) as house:
        first, second = house.ask(), house.ask("other@example.net")
        async with house.postman():
            await until(lambda: house.find(second).mailed)
        house.now += WITHIN / 2
        async with house.postman():
            await until(lambda: house.server.taken["other@example.net"])
    assert house.server.begun == Counter([READER, "other@example.net"])
    assert house.find(first).mailed == START


async def test_a_letter_that_the_server_will_not_carry_does_not_hold_up_the_others(tmp_path: Path) -> None:
    refusal = say("554 5.7.1 relay access denied")
    async with housed(tmp_path, lambda at: refusal if at.stage == "RCPT" and READER in at.argument else None) as house:
        refused = house.ask()
        wanted = house.ask_all(25)
        async with house.postman():
            await until(lambda: house.server.taken == wanted)
    assert house.find(refused).due == START + FIRST_RETRY
    assert house.find(refused).mailed is None


async def test_those_on_their_way_when_he_is_stopped_are_in_doubt_and_the_others_are_mailed_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postman, "GRACE", 0.01)
    async with housed(tmp_path, lambda at: HANG if at.stage == FINAL and at.turn == 1 else None) as house:
        wanted = house.ask_all(25)
        async with house.postman():
            await until(lambda: house.server.begun)
        assert house.server.taken.total() == 0
        assert house.app.requests.waiting() == (24, START)
        async with house.postman():
            await until(lambda: house.server.taken.total() == 24)
    assert house.server.begun == wanted


async def test_whoever_stops_him_waits_for_a_server_that_is_slow(tmp_path: Path) -> None:
    asked_to_stop = asyncio.Event()

    async def slowly(at: Moment) -> Answer | None:
        if at.stage == FINAL:
            await asked_to_stop.wait()
        return None

    async with housed(tmp_path, slowly) as house:
        house.ask_all(3)
        async with house.postman():
            await until(lambda: house.server.begun)
            asyncio.get_running_loop().call_soon(asked_to_stop.set)
        assert house.server.taken.total() == 1
        assert house.app.requests.waiting() == (2, START)


async def test_a_busy_database_is_waited_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with housed(tmp_path) as house:
        house.ask()
        with contextlib.ExitStack() as lock:
            lock.enter_context(house.locked())
            async with house.postman() as one:
                await until(lambda: logged(caplog, "waiting for the database"))
                assert not house.server.verbs().count("RCPT")
                lock.close()
                one.wake()
                await until(lambda: house.mails)


async def test_what_a_busy_database_could_not_be_told_it_is_told_later(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with contextlib.ExitStack() as lock:

        def busy(at: Moment) -> Answer | None:
            if at.stage != "RCPT":
                return None
            lock.enter_context(house.locked())
            return say("450 4.2.1 busy")

        async with housed(tmp_path, busy) as house:
            asked = house.ask()
            async with house.postman() as one:
                await until(lambda: logged(caplog, "waiting for the database"))
                lock.close()
                one.wake()
                await until(lambda: house.find(asked).due)
    assert house.find(asked).due == START + FIRST_RETRY


@pytest.mark.parametrize("for_good", [False, True])
async def test_when_he_is_stopped_a_busy_database_is_waited_out_for_a_moment_and_what_that_loses_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, *, for_good: bool
) -> None:
    if for_good:
        monkeypatch.setattr(postman, "LAST_WORDS", 0.05)
    with contextlib.ExitStack() as lock:

        def busy(at: Moment) -> Answer | None:
            if at.stage != "RCPT":
                return None
            lock.enter_context(house.locked())
            return say("450 4.2.1 busy")

        async with housed(tmp_path, busy) as house:
            asked = house.ask()
            async with house.postman():
                await until(lambda: logged(caplog, "waiting for the database"))
                if not for_good:
                    asyncio.get_running_loop().call_later(0.1, lock.close)
        # While it is locked: what waits in a thread for the end of that is written then, and nobody hears of it.
        assert house.find(asked).due == (None if for_good else START + FIRST_RETRY)
    assert [vars(record)["letters"] for record in logged(caplog, "lost")] == [1] * for_good


async def test_without_a_postal_address_nothing_leaves_and_all_stays_due(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with housed(tmp_path) as house:
        house.configure(lambda text: re.sub("postal_address.*", "", text))
        asked, old = house.ask(), house.ask("old@example.net", created=START - 2 * KEPT, due=None)
        async with house.postman() as one:
            await until(lambda: house.app.requests.find(old) is None)  # a round is over
            older = house.ask("older@example.net", created=START - 2 * KEPT, due=None)
            house.now += SWEEP
            one.wake()
            await until(lambda: house.app.requests.find(older) is None)
        assert house.find(asked).due == START
        assert len(logged(caplog, "no letters")) == 1
        house.configure()
        async with house.postman():
            await until(lambda: house.mails)


async def test_a_broken_template_loses_no_letter(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with housed(tmp_path) as house:
        broken = house.folder / "templates" / "notes" / "note.txt"
        broken.write_text("{{ note.titel }}")
        asked = house.ask()
        await tried(house, asked)
        assert "note.txt:1" in logged(caplog, "not written")[0].why
        broken.unlink()
        house.now += FIRST_RETRY
        async with house.postman():
            await until(lambda: house.mails)


async def test_a_server_that_nobody_can_use_loses_no_letter(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with housed(tmp_path) as house:
        (tmp_path / "empty.pem").write_text("")
        house.configure(lambda text: text.replace('tls = "none"', 'tls = "required"\nca_file = "empty.pem"'))
        asked = house.ask()
        async with house.postman():
            await until(lambda: logged(caplog, "not taken"))
    assert "empty.pem" in vars(logged(caplog, "not taken")[0])["why"]
    assert house.find(asked).due == START


async def test_a_bug_over_one_letter_does_not_hold_up_the_others(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with housed(tmp_path) as house:
        render = house.app.notes.render

        def cracked(kind: Any, language: str, **more: Any) -> Any:
            if language == "de":
                raise KeyError(READER)
            return render(kind, language, **more)

        monkeypatch.setattr(type(house.app.notes), "render", lambda _self, *a, **more: cracked(*a, **more))
        odd = house.ask(choices=Choices(language="de"))
        house.ask("other@example.net")
        async with house.postman():
            await until(lambda: house.mails)
    assert house.find(odd).due == START + FIRST_RETRY
    (line,) = logged(caplog, "bug")
    assert vars(line)["kind"] == "KeyError"
    assert READER not in str(vars(line))


@pytest.mark.usefixtures("hurried")
async def test_a_bug_ends_a_round_and_not_the_postman(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postman, "FIRST_RETRY", timedelta(milliseconds=10))
    async with housed(tmp_path) as house:
        house.ask()
        with monkeypatch.context() as broken:

            def exhausted(*_: Any) -> None:
                raise TimeoutError(READER)

            broken.setattr(type(house.app.requests), "due", exhausted)
            async with contextlib.AsyncExitStack() as work:
                await work.enter_async_context(house.postman())
                await until(lambda: len(logged(caplog, "bug")) > 1)
                broken.undo()
                await until(lambda: house.mails)
    assert not any(READER in str(vars(line)) for line in logged(caplog, "bug"))
