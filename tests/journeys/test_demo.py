"""``digest demo``, and what becomes of each trap that the sample site sets."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from digest.cli import cli
from tests.journeys.steps import body, opened

ENTITY = re.compile(r"&(?:#\d+|#x[0-9a-fA-F]+|[a-z]+\d*);")
MAILED = {
    "first@example.org", "second@example.com", "third@example.net", "fourth@example.org", "fifth@example.com",
    "leser@xn--bcher-kva.example.org", "seventh@example.net", "tenth+post@example.net", "eleventh@example.org",
    "twelfth@example.com",
}  # fmt: skip


class Words(HTMLParser):
    """What a reader sees of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self._hidden = 0
        self._pieces: list[str] = []
        self.links: list[str] = []
        self.feed(page)
        self.text = " ".join("".join(self._pieces).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in {"style", "script"}
        self.links += [value for key, value in attrs if key == "href" and value]

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in {"style", "script"}

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self._pieces.append(data)


@dataclass
class Demo:
    """What one run said and wrote; ``whole`` is the mail of somebody who wants everything."""

    folder: Path
    result: Result
    messages: dict[str, EmailMessage]

    @property
    def whole(self) -> EmailMessage:
        return self.messages["first@example.org"]

    @property
    def html(self) -> str:
        return body(self.whole, "html")

    @property
    def seen(self) -> str:
        return Words(self.html).text

    @property
    def links(self) -> list[str]:
        return Words(self.html).links

    @property
    def text(self) -> str:
        return " ".join(body(self.whole, "plain").split())


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    folder = tmp_path_factory.mktemp("demo")
    result = CliRunner().invoke(cli, ["demo", "--out", str(folder / "out")])
    assert result.exit_code == 0, result.output
    files = (folder / "out" / "messages").glob("*.eml")
    return Demo(folder, result, {path.stem: opened(path.read_bytes()) for path in files})


def test_it_tells_in_ten_lines_what_it_did_and_where(demo: Demo) -> None:
    lines = demo.result.stdout.splitlines()
    assert len(lines) == 10
    said = demo.result.stdout
    assert "10 accepted" in said
    assert "10 messages for 10 readers" in said
    assert str(demo.folder / "out" / "digest.html") in said
    assert "digest init" in lines[-1]
    assert "broken-on-purpose.md" in demo.result.stderr


def test_who_is_active_got_one_mail_and_nobody_else_any(demo: Demo) -> None:
    assert demo.messages.keys() == MAILED
    assert len({message["Message-ID"] for message in demo.messages.values()}) == 10
    for address, message in demo.messages.items():
        assert message["To"].addresses[0].addr_spec == address


def test_each_message_holds_one_alternative_of_text_and_html(demo: Demo) -> None:
    for message in demo.messages.values():
        assert not message.defects
        kinds = [part.get_content_type() for part in message.walk()]
        assert kinds.count("multipart/alternative") == 1
        assert kinds.count("text/plain") == kinds.count("text/html") == 1
        assert message["List-Unsubscribe"]
        assert max(map(len, message.as_bytes().splitlines())) <= 998


def test_nothing_of_the_machinery_is_left_in_a_mail(demo: Demo) -> None:
    for message in demo.messages.values():
        for part in (str(message["Subject"]), body(message, "plain"), body(message, "html")):
            assert "digest.mark" not in part
            assert ">-" not in part
            assert "None" not in part


def test_each_embedded_image_is_in_the_message_that_shows_it(demo: Demo) -> None:
    for message in demo.messages.values():
        shown = set(re.findall(r'src="cid:([^"]+)"', body(message, "html")))
        held = {part["Content-ID"].strip("<> ") for part in message.walk() if part["Content-ID"]}
        assert shown == held
    assert "cid:" in demo.html


def test_the_page_for_a_browser_stands_on_its_own(demo: Demo) -> None:
    page = (demo.folder / "out" / "digest.html").read_text(encoding="utf-8")
    assert "cid:" not in page
    assert "digest.mark." not in page
    assert "data:image/" in page


def test_it_leaves_nothing_beside_its_folder(demo: Demo) -> None:
    assert [path.name for path in demo.folder.iterdir()] == ["out"]
    assert {path.name for path in (demo.folder / "out").iterdir()} == {
        "messages",
        "digest.html",
        "digest.txt",
        "digest.eml",
    }


# --- the traps of examples/README.md -------------------------------------------------------------------------------

SHOWN = {
    "a folded title": "The Old Swing Bridge turns ninety and opens its engine room to visitors",
    "a folded excerpt": "On Saturday you can stand beside it.",
    "an excerpt cut inside a word": "this autumn it is here in numbers nobody has…",
    "entities in a title": "The shipyard’s four-day week",
    "entities in an excerpt": "a canteen that's empty on Fridays: the yard opened its books to us. Welders & planners",
    "a title in Arabic": "الميناء في الليل: أمسية للقراءة في المكتبة القديمة",
    "a title with an emoji, from an HTML file": "Lantern night 🏮 fills the canal with paper moons",
    "a colon in a title": "Clocks go back on Sunday: what the tide tables do about it",
    "a summary for an excerpt": "The port is training its first new crane drivers in a decade.",
    "a description for an excerpt": "Three surgeries have begun to prescribe footpaths.",
    "HTML in an excerpt": "every day for twelve years. A study has now asked what it does for them. Mostly, it turns out,",
    "no excerpt, and a byte order mark": "There are thirty-one thousand of them.",
    "TOML front matter": "A radio station that fits in a sardine tin",
    "JSON front matter": "The library lends out a map that anyone may correct",
    "a date with a zone": "The night the town switched off",
    "Sunday evening elsewhere, Monday here": "Nine hours to the north, and not one too many",
    "half an hour before the week ends": "Late, later, Athletic",
    "a filler": "Five ways to a calmer Monday",
}


@pytest.mark.parametrize("words", SHOWN.values(), ids=SHOWN)
def test_what_looks_odd_in_a_file_arrives_once_and_as_it_was_meant(demo: Demo, words: str) -> None:
    beyond_preheader = demo.seen.index("Seven days in Saltmere")  # which repeats the first titles
    assert demo.seen[beyond_preheader:].count(words) == 1
    assert demo.text.count(words) == 1


OUT = (
    "tram-seven-from-the-feed", "rain-gardens-again", "harbour-hotel-offer", "budget-draft", "ice-on-the-canal",
    "broken-on-purpose", "lighthouse-keeper", "wind-on-the-mole", "seed-library",
)  # fmt: skip


@pytest.mark.parametrize("slug", OUT)
def test_duplicates_drafts_advertisements_and_other_weeks_are_left_out(demo: Demo, slug: str) -> None:
    assert "https://harbour.example.org/posts/tram-seven" in demo.links
    assert f"https://harbour.example.org/posts/{slug}" not in demo.links
    assert f"/posts/{slug}\n" not in body(demo.whole, "plain")


def test_entities_are_decoded_once_in_every_part(demo: Demo) -> None:
    for message in demo.messages.values():
        for part in (str(message["Subject"]), body(message, "plain"), Words(body(message, "html")).text):
            assert not ENTITY.search(part), ENTITY.findall(part)


def test_no_tag_is_shown_to_a_reader(demo: Demo) -> None:
    for words in (demo.seen, demo.text):
        assert not re.search(r"</?[a-z]", words)


def test_sections_come_in_order_the_pinned_first_and_the_alias_in_its_place(demo: Demo) -> None:
    lines = body(demo.whole, "plain").splitlines()
    sections = [line for line in lines if line.isupper() and line[0].isalpha()]
    assert sections == [
        "CITY", "WORK", "TECHNOLOGY", "SCIENCE", "CULTURE", "HEALTH", "SPORT", "TRAVEL", "ALSO THIS WEEK",
    ]  # fmt: skip
    assert lines[lines.index("CITY") + 2] == "The night ferry is back, and it runs on batteries"
    assert lines[lines.index("WORK") + 2].startswith("Wanted: people with a head for heights")  # its category is Jobs
    assert "1 more in City" in lines
    assert "Wanted: people" in demo.seen


def test_who_chose_categories_gets_these_alone(demo: Demo) -> None:
    text = body(demo.messages["third@example.net"], "plain")  # wants Work and Science
    assert "Wanted: people" in text
    assert "Why the bay lights up" in text
    assert "night ferry" not in text


def test_right_to_left_words_are_marked_so(demo: Demo) -> None:
    before = demo.html[: demo.html.rindex("الميناء في الليل")]
    assert re.search(r'dir="(auto|rtl)"', before[before.rindex("<t") :])
