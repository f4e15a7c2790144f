"""What keeps an edition from leaving, remembered from one run to the next."""

from __future__ import annotations

from datetime import UTC, datetime

from digest.store.alarms import Alarms, Trouble
from digest.store.database import Database
from digest.store.editions import Editions

NOW = datetime(2025, 12, 8, 7, tzinfo=UTC)


def test_a_trouble_is_known_until_it_is_forgotten(database: Database, url: str) -> None:
    alarms = Alarms(database)
    assert alarms.known() == {}
    alarms.keep("weekly/2025-W49", Trouble(NOW))
    alarms.keep("daily/2025-12-07", Trouble(NOW, told=True))
    alarms.keep("weekly/2025-W49", Trouble(NOW, told=True))
    again = Database(url)
    assert Alarms(again).known() == {
        "weekly/2025-W49": Trouble(NOW, told=True),
        "daily/2025-12-07": Trouble(NOW, told=True),
    }
    Alarms(again).forget("weekly/2025-W49")
    Alarms(again).forget("weekly/2025-W50")
    again.close()
    assert alarms.known() == {"daily/2025-12-07": Trouble(NOW, told=True)}


def test_of_several_runs_one_may_tell_it_and_one_that_it_is_over(database: Database, url: str) -> None:
    later, about = datetime(2025, 12, 9, tzinfo=UTC), "weekly/2025-W49"
    again = Database(url)
    mine, yours = Alarms(database), Alarms(again)
    assert mine.begin(about, NOW) == yours.begin(about, later) == Trouble(NOW)
    assert (mine.claim(about, NOW), yours.claim(about, NOW)) == (True, False)
    assert yours.begin(about, later) == Trouble(NOW, told=True)
    mine.keep(about, Trouble(NOW))
    assert yours.claim(about, NOW)
    assert (mine.forget(about), yours.forget(about)) == (True, False)
    assert mine.claim(about, later)
    again.close()


def test_what_else_the_database_remembers_is_no_trouble(database: Database, editions: Editions) -> None:
    editions.begin("weekly", NOW)
    assert Alarms(database).known() == {}
