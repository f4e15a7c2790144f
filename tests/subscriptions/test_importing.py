from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest.errors import TableError
from digest.model import Selection, SubscriberStatus
from digest.store.subscribers import Subscribers
from digest.subscriptions import acts
from digest.subscriptions.importing import BATCH, Imported, import_table

NOW = datetime(2025, 10, 6, 7, tzinfo=UTC)

TakeIn = Callable[..., Imported]
NAMES = "email,name\nreader@example.org,Zoë\n"


def counts(result: Imported) -> tuple[int, int, int, int, int]:
    return result.added, result.updated, result.unchanged, len(result.kept_out), len(result.refused)


def by_address(people: Subscribers) -> dict[str, str]:
    return {person.address: person.name for person in people.each()}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1", "cp1252"])
def test_a_table_is_read_in_whatever_encoding_it_was_saved(take_in: TakeIn, people: Subscribers, encoding: str):
    take_in(NAMES.encode(encoding))
    assert by_address(people) == {"reader@example.org": "Zoë"}


def test_utf_16_of_either_byte_order_is_read(take_in: TakeIn, people: Subscribers):
    take_in(b"\xfe\xff" + NAMES.encode("utf-16-be"))
    assert by_address(people) == {"reader@example.org": "Zoë"}


def test_the_result_says_when_a_table_was_not_utf_8(take_in: TakeIn):
    assert take_in(NAMES.encode("cp1252")).encoding == "cp1252"
    assert take_in("email,name\na@example.org,\x81é\n".encode("latin-1")).encoding == "latin-1"
    assert take_in(NAMES).encoding == "utf-8"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_separator_and_line_end_will_do(take_in: TakeIn, people: Subscribers, delimiter: str, end: str):
    rows = (("Name", " EMAIL ", "categories"), ("First, Reader", "reader@example.org", "ai"))
    take_in(end.join(delimiter.join(f'"{cell}"' for cell in row) for row in rows))
    (person,) = people.each()
    assert (person.name, person.selection) == ("First, Reader", Selection(frozenset({"ai"})))


def test_one_column_is_enough_and_blank_lines_do_not_count(take_in: TakeIn):
    assert counts(take_in("\nemail\n\na@example.org\n\nb@example.org")) == (2, 0, 0, 0, 0)


def test_a_quoted_name_may_go_over_two_lines(take_in: TakeIn, people: Subscribers):
    result = take_in('email,name\na@example.org,"First\nReader"\nnobody,x\n')
    assert by_address(people) == {"a@example.org": "First Reader"}
    assert result.refused[0].line == 4


def test_columns_that_a_spreadsheet_leaves_empty_do_no_harm(take_in: TakeIn, people: Subscribers):
    assert counts(take_in("email;name;;\na@example.org;First;;\nb@example.org\n")) == (2, 0, 0, 0, 0)
    assert by_address(people) == {"a@example.org": "First", "b@example.org": ""}


def test_a_refused_row_is_told_with_its_line_and_the_others_go_on(take_in: TakeIn, people: Subscribers):
    result = take_in(
        "email,status,timezone,digests\n"
        "a@example.org,,,\n"
        "not an address,,,\n"
        "b@example.org,activ,,\n"
        "c@example.org,,Mars/Olympus,\n"
        "d@example.org,,,wekly\n"
        ",active,,\n"
        "A@EXAMPLE.ORG,,,\n"
        "e@example.org,,,weekly\n",
        digests=("weekly",),
    )
    assert counts(result) == (2, 0, 0, 0, 6)
    assert list(by_address(people)) == ["a@example.org", "e@example.org"]
    assert [note.line for note in result.refused] == [3, 4, 5, 6, 7, 8]
    told = "\n".join(map(str, result.refused))
    for part in ("'not an address'", "b@example.org: unknown status", "Mars/Olympus", "did you mean 'weekly'"):
        assert part in told
    assert "no address in this row" in told
    assert "line 8: A@example.org: the same address as in line 2" in told.replace("A@EXAMPLE.ORG", "A@example.org")


def test_what_a_row_holds_cannot_control_the_terminal_it_is_told_on(take_in: TakeIn):
    result = take_in('email,status\n"a\x1b[2J@example.org",active\nb@example.org,"\x1b]0;x\x07"\n')
    assert len(result.refused) == 2
    assert all(str(note).isprintable() for note in result.refused)


@pytest.mark.parametrize(
    ("table", "line", "said"),
    [
        ('email,name\na@example.org,x\nb@example.org,"never closed\nc@example.org,x\n', 3, "never closed"),
        ('email,name\na@example.org,"x"y\n', 2, "closing quote"),
        ("email,name\na@example.org,x\nb@example.org,Reader, First\n", 3, "3 cells, the header 2"),
        ("email,name\na@example.org,x\nb@example.org,\0\n", 3, "NUL"),
        ("name\nFirst Reader\n", 1, "no column 'email'"),
        ("email,nmae\na@example.org,x\n", 1, "did you mean 'name'"),
        ("email,name,Name\na@example.org,x,y\n", 1, "twice"),
        ("email,,name\na@example.org,x,y\n", 1, "unknown column ''"),
        ("", 0, "no column 'email'"),
        (b"\xef\xbb\xbfemail\na@example.org\n\xff@example.org\n", 3, "not valid UTF-8"),
        (b"\xff\xfe" + "email\na@example.org\n".encode("utf-16-le")[:-1], 2, "not valid UTF-16"),
        ("email\na@example.org\n".encode("utf-16-le"), 1, "NUL"),
    ],
)
def test_a_table_that_is_wrong_half_way_changes_nothing(
    take_in: TakeIn, people: Subscribers, table: str | bytes, line: int, said: str
):
    with pytest.raises(TableError, match=said) as wrong:
        take_in(table)
    assert wrong.value.line == line
    assert wrong.value.message.startswith("list.csv:")
    assert not list(people.each())


def test_a_fault_after_many_good_batches_still_changes_nothing(take_in: TakeIn, people: Subscribers):
    rows = "".join(f"reader{number}@example.org\n" for number in range(2 * BATCH + 1))
    with pytest.raises(TableError, match=f":{2 * BATCH + 3}:"):
        take_in(f'email\n{rows}"never closed')
    assert not list(people.each())


def test_a_file_without_line_ends_is_given_up_before_it_fills_the_memory(take_in: TakeIn):
    with pytest.raises(TableError, match="never ends"):
        take_in("email\n" + "x" * 1_100_000)


def test_a_dry_run_says_the_same_and_changes_nothing(take_in: TakeIn, people: Subscribers):
    table = "email,name\na@example.org,x\nb@example.org,y\nnobody,z\n"
    rehearsed = take_in(table, dry_run=True)
    assert not list(people.each())
    assert take_in(table) == rehearsed


def test_importing_twice_changes_nothing_the_second_time(take_in: TakeIn):
    table = "email,name,categories\na@example.org,x,AI\nB@Example.org,y,\n"
    assert counts(take_in(table)) == (2, 0, 0, 0, 0)
    assert counts(take_in(table)) == (0, 0, 2, 0, 0)


def test_a_missing_column_and_an_empty_cell_leave_what_is_there(take_in: TakeIn, people: Subscribers):
    take_in("email,name,categories\na@example.org,First Reader,ai\n")
    assert counts(take_in("email,name,language\na@example.org,,de\n")) == (0, 1, 0, 0, 0)
    (person,) = people.each()
    assert (person.name, str(person.selection), person.language) == ("First Reader", "ai", "de")


def test_a_table_without_how_often_leaves_what_readers_chose(take_in: TakeIn, people: Subscribers):
    take_in("email,every,paused\na@example.org,4,2025-12-24\n")
    assert counts(take_in("email,name,every,paused\na@example.org,First Reader,,\n")) == (0, 1, 0, 0, 0)
    (person,) = people.each()
    assert (person.every, person.paused) == (4, datetime(2025, 12, 24, tzinfo=UTC))
    result = take_in("email,every,paused\na@example.org,3,\nb@example.org,,soon\n")
    assert [str(note) for note in result.refused] == [
        "line 2: a@example.org: '3' is not how often; one of: 1, 2, 4",
        "line 3: b@example.org: 'soon' is not a day or an instant, such as 2025-12-24 or 2025-12-24T08:00+01:00",
    ]


def test_who_left_was_suppressed_or_erased_is_kept_out_and_told(take_in: TakeIn, people: Subscribers):
    take_in("email\nleft@example.org\ndead@example.org\ngone@example.org\n")
    acts.remove(people, "left@example.org", now=NOW)
    acts.suppress(people, "dead@example.org", now=NOW, reason="550 no such user")
    acts.erase(people, "gone@example.org", now=NOW)
    before = list(people.each())
    result = take_in("email,name\nLEFT@example.org,x\ndead@example.org,x\ngone@example.org,x\nnew@example.org,x\n")
    assert counts(result) == (1, 0, 0, 3, 0)
    assert list(people.each())[:-1] == before
    assert [str(note) for note in result.kept_out] == [
        "line 2: LEFT@example.org: unsubscribed since 2025-10-06: removed by the operator",
        "line 3: dead@example.org: suppressed since 2025-10-06: 550 no such user",
        "line 4: gone@example.org: was erased on request",
    ]


def test_resubscribe_brings_them_back_and_says_so(take_in: TakeIn, people: Subscribers):
    acts.suppress(people, "dead@example.org", now=NOW)
    acts.erase(people, "gone@example.org", now=NOW)
    assert counts(take_in("email\ndead@example.org\ngone@example.org\n", resubscribe=True)) == (1, 1, 0, 0, 0)
    assert {person.status for person in people.each()} == {SubscriberStatus.ACTIVE}
    assert counts(take_in("email\ngone@example.org\n")) == (0, 0, 1, 0, 0)


def test_a_table_may_unsubscribe_and_suppress(take_in: TakeIn, people: Subscribers):
    take_in("email\na@example.org\nb@example.org\n")
    assert counts(take_in("email,status\na@example.org,unsubscribed\nb@example.org,Suppressed\n")) == (0, 2, 0, 0, 0)
    assert [(person.status, person.reason) for person in people.each()] == [
        (SubscriberStatus.UNSUBSCRIBED, "imported"),
        (SubscriberStatus.SUPPRESSED, "imported"),
    ]


def test_progress_adds_up_to_the_size_of_the_file(people: Subscribers):
    table = b"email\n" + b"".join(b"reader%d@example.org\n" % number for number in range(5000))
    steps: list[int] = []
    import_table(people, io.BytesIO(table), name="list.csv", now=NOW, progress=steps.append)
    assert sum(steps) == len(table)
    assert len(steps) > 2


def test_the_source_stays_open_for_its_owner(people: Subscribers):
    source = io.BytesIO(b"email\na@example.org\n")
    import_table(people, source, name="list.csv", now=NOW)
    assert not source.closed


def test_the_example_list_imports_without_complaint(people: Subscribers):
    example = Path(__file__).parents[2] / "subscribers.example.csv"
    with example.open("rb") as source:
        result = import_table(people, source, name=example.name, now=NOW)
    assert not result.refused
    assert not result.kept_out
    assert result.added == len(list(people.each())) > 0
