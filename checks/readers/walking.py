"""A walk through every page that readers can come to, and every state of it, by clicking."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Page

from checks.readers.looking import Look
from digest.links import Signer
from tests.journeys.conftest import Site
from tests.journeys.visiting import WaitingOffice, links

OF_THE_SITE = "en"  # what is the same for everybody is in the language of the site
READER, MOVED = "ann.reader@example.org", "ann.moved@example.org"
ID = 2  # whoever was there before is the first
EDITION = "weekly/2025-W50"
SIGNER = Signer(["k" * 48])


@dataclass(frozen=True)
class Walk:
    """Who walks, and what is done on each page: ``look`` gets its name and the language it should speak."""

    page: Page
    site: Site
    office: WaitingOffice
    url: str
    language: str
    look: Look

    def to(self, address: str, name: str, language: str = "") -> None:
        self.page.goto(address if address.startswith("http") else f"{self.url}{address}")
        self.look(name, language or self.language)

    def press(self, action: str, name: str) -> None:
        """The first button of the form that posts to an address which ends so."""
        with self.page.expect_navigation():
            self.page.locator(f'form[action$="{action}"] button').first.click()
        self.look(name, self.language)

    def links(self) -> dict[str, str]:
        """Of the next mail."""
        return links(self.office.next(), self.url)

    def send(self, now: str) -> dict[str, str]:
        """Sends the edition of that week; the links of the walker's mail."""
        result = self.site.run("send", "--yes", "--digest", "weekly", now=now)
        assert result.exit_code == 0, result.output
        return links(self.office.messages[-1][1], self.url)


def walk(way: Walk, sent_at: str) -> None:
    """From the form to being forgotten."""
    confirm = _subscribe(way)
    mail = _read(way, sent_at)
    preferences = _choose(way, mail["preferences"])
    _leave(way, mail["unsubscribe"])
    way.to(confirm, "confirmed-before")
    _erase(way, preferences, mail["unsubscribe"])
    _go_astray(way)


def _subscribe(way: Walk) -> str:
    fields = way.page.locator
    way.to("/subscribe", "subscribe")
    way.page.reload()
    fields("details summary").click()
    way.look("subscribe-open", way.language)
    fields("input[name=digests]").first.uncheck()
    fields("input[name=digests]").last.uncheck()
    fields("input[name=email]").fill(READER)
    way.press(f"/subscribe?lang={way.language}", "subscribe-nothing-chosen")
    fields("input[name=digests][value=weekly]").check()
    fields("input[name=email]").fill("ann@localhost")
    way.press(f"/subscribe?lang={way.language}", "subscribe-no-address")
    fields("input[name=email]").fill(READER)
    fields("input[name=name]").fill("Ann Reader")
    way.press(f"/subscribe?lang={way.language}", "written")
    confirm = way.links()["confirm"]
    way.to(confirm, "confirm")
    way.press(confirm.removeprefix(way.url), "confirmed")
    return confirm


def _read(way: Walk, sent_at: str) -> dict[str, str]:
    mail = way.send(sent_at)
    way.to("/archive", "archive", OF_THE_SITE)
    way.to("/archive/weekly/2", "edition", OF_THE_SITE)
    way.to(mail["archive"], "own-edition")
    return mail


def _choose(way: Walk, preferences: str) -> str:
    """The address of the preferences as the next mail will hold it: what went to the mailbox before opens them no more."""
    fields, own = way.page.locator, preferences.removeprefix(way.url)
    way.to(preferences, "preferences")
    fields("input[name=digests]").first.uncheck()
    fields("input[name=digests]").last.uncheck()
    way.press(own, "preferences-at-fault")
    fields("input[name=digests]").first.check()
    fields("input[name=categories]").first.check()
    fields("select[name=timezone]").select_option("Asia/Tokyo")
    fields("input[name=paused]").fill("2026-01-15")
    way.press(own, "preferences-saved")
    fields("input[name=email]").fill("ann@localhost")
    way.press(f"{own}/move", "preferences-no-address")
    fields("input[name=email]").fill(MOVED)
    way.press(f"{own}/move", "moving")
    confirm = way.links()["confirm"]
    way.to(confirm, "move")
    way.press(confirm.removeprefix(way.url), "moved")
    way.to(preferences, "preferences-of-before")
    return f"{way.url}/preferences/{SIGNER.sign_preferences(EDITION, ID, MOVED)}"


def _leave(way: Walk, unsubscribe: str) -> None:
    fields, own = way.page.locator, unsubscribe.removeprefix(way.url)
    way.to(unsubscribe, "unsubscribe")
    way.press(f"{own}/fewer", "unsubscribe-nothing-chosen")
    fields("input[name=every][value='2']").check()
    fields("input[name=pause][value='1']").check()
    way.press(f"{own}/fewer", "fewer")
    way.to(unsubscribe, "unsubscribe")
    way.press(own, "left")
    undo = str(fields('form[action*="/undo/"]').get_attribute("action"))
    fields("textarea").fill("I read it on the web.")
    way.press(own, "left-and-told")
    way.to(unsubscribe, "left-before")
    way.to(undo, "undo")
    way.press(undo, "undone")
    way.to(undo, "undo-twice")


def _erase(way: Walk, preferences: str, unsubscribe: str) -> None:
    way.to(f"{preferences}/erase", "erase")
    way.press("/erase", "erased")
    way.to(preferences, "preferences-of-nobody")
    way.to(unsubscribe, "unsubscribe-of-nobody")


def _go_astray(way: Walk) -> None:
    way.to("/no/such/page", "not-found")
    way.to("/unsubscribe/WyJ3ZWVrbHki.cut-off", "no-link")
    way.to(f"/confirm/{SIGNER.sign_request(4711)}", "lapsed")
