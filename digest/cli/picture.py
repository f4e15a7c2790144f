"""How far sending has come, drawn for a terminal of any width: where there is little room, what matters least goes."""

from __future__ import annotations

from datetime import timedelta

from rich.cells import cell_len, set_cell_size
from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from digest.cli.tally import ServerStanding, Standing, State
from digest.cli.watching import line
from digest.model import DeliveryStatus

WIDE = 60  # columns; on fewer there is the plain line
BAR_MINIMUM, BAR_MAXIMUM = 10, 30
_GAP = "  "
_LEAST = ((), (1,), (1, 2))  # cells of a server's line that go one after the other: its rate, what it accepted


def picture(name: str, standing: Standing, width: int) -> RenderableType:
    """One line for all, and with several servers one more for each."""
    numbers = _numbers(standing)
    if width < WIDE or cell_len(numbers) > width:
        return Text(line(name, standing))
    whole = _whole(f"sending {name}", numbers, standing, width)
    return Group(whole, *_servers(standing.servers, width)) if len(standing.servers) > 1 else whole


def _numbers(standing: Standing) -> str:
    """Padded, so that they stay where they are while they grow."""
    total = f"{standing.total:,}"
    left = "" if standing.left is None else f"{timedelta(seconds=round(standing.left))}"
    done = f"{standing.done:,}".rjust(len(total))
    rate = f"{standing.rate:,.0f}/s".rjust(len("1,000/s"))
    return _GAP.join([f"{done}/{total}", rate, left.rjust(len("0:00:00")), *_tolls(standing.counts)])


def _whole(title: str, numbers: str, standing: Standing, width: int) -> RenderableType:
    """The numbers; before them the title where it has room, and between the two a bar where that has room, too."""
    room = width - cell_len(_GAP + numbers) - cell_len(title)
    bar = min(room - len(_GAP), BAR_MAXIMUM)
    row: list[RenderableType] = [Text(title, no_wrap=True)] if room >= 0 else []
    if bar >= BAR_MINIMUM:
        row.append(ProgressBar(total=max(standing.total, 1), completed=standing.done, width=bar))
    table = Table.grid(padding=(0, len(_GAP), 0, 0))
    table.add_row(*row, Text(numbers, no_wrap=True))
    return table


def _servers(servers: tuple[ServerStanding, ...], width: int) -> list[Text]:
    """All with the same cells below each other; names are cut where even the fewest cells leave them no room."""
    for gone in _LEAST:
        rows = [[cell for place, cell in enumerate(_cells(server)) if place not in gone] for server in servers]
        widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
        beyond = sum(widths) + len(_GAP) * (len(widths) - 1) - width
        if beyond <= 0:
            break
    else:
        widths[0] = max(widths[0] - beyond, 0)
    lines = (_GAP.join(map(set_cell_size, row, widths)) for row in rows)
    return [Text(text.rstrip(), no_wrap=True, overflow="ellipsis") for text in lines]


def _cells(server: ServerStanding) -> tuple[str, ...]:
    accepted = f"{server.counts[DeliveryStatus.ACCEPTED]:,} accepted"
    return f"  {server.name}", f"{server.rate:,.0f}/s", accepted, *_tolls(server.counts), _state(server)


def _tolls(counts: dict[DeliveryStatus, int]) -> tuple[str, str]:
    return f"{counts[DeliveryStatus.DEFERRED]:,} deferred", f"{counts[DeliveryStatus.FAILED]:,} failed"


def _state(server: ServerStanding) -> str:
    return f"limit until {server.until:%H:%M} UTC" if server.state is State.LIMIT else server.state
