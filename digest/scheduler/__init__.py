"""The clockwork of ``digest run``: publishes what is due, sends what is unfinished, until it is stopped.

The ``schedule`` library ticks, and nothing else: at each tick two pure questions are asked (which period is due and has
no edition? which edition has something to hand over?), so a machine that slept catches up by waking up, and two
machines on one database publish once (a unique key on digest and period).
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

import schedule

from digest.app import App
from digest.scheduler.clockwork import Clockwork, LeftError
from digest.scheduler.gathering import Gathering
from digest.scheduler.logged import log
from digest.scheduler.pulse import Pulse

TICK = 5  # seconds; an edition leaves at most this late


async def run(app: App, stop: asyncio.Event) -> None:
    """Ticks until ``stop`` is set, or a bug sets it; then what is in hand is finished.

    To be cancelled then cuts that off. Where nothing is in hand there is nothing to cut off, and it ends as if it had been
    told once: what ends a process often tells it twice (timeout its child and its group, an init system all of a service).
    """
    gathering, pulse = Gathering(app), Pulse(app)

    def told(_done: int, _total: int) -> None:
        if stop.is_set():
            raise LeftError
        pulse.beat()

    clockwork = Clockwork(app, told)
    clockwork.announce()
    try:
        await _tick(clockwork, gathering, pulse, stop)
    except asyncio.CancelledError:
        if not stop.is_set():
            raise
    finally:
        stop.set()
        log.info("stopping")
        gathering.leave()
        await clockwork.alarm.hush()
        await asyncio.gather(*clockwork.sending.values())
    with suppress(asyncio.CancelledError):
        await asyncio.to_thread(pulse.stop)
    log.info("stopped")


async def _tick(clockwork: Clockwork, gathering: Gathering, pulse: Pulse, stop: asyncio.Event) -> None:
    """Does what is due, again and again."""
    ticks = schedule.Scheduler()
    wanted = asyncio.Event()
    ticks.every(TICK).seconds.do(wanted.set)
    wanted.set()
    while not stop.is_set():
        ticks.run_pending()
        if wanted.is_set():
            wanted.clear()
            await asyncio.to_thread(pulse.beat)
            if await asyncio.to_thread(clockwork.publish_due):
                clockwork.announce()
            gathering.go_on()
            clockwork.send_unfinished(stop)
            clockwork.alarm.speak_soon()
        await _until(stop, max(ticks.idle_seconds or 0, 0))


async def _until(stop: asyncio.Event, seconds: float) -> None:
    """Sleeps, but not beyond the moment somebody says stop."""
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
