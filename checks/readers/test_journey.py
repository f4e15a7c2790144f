"""Readers at a real browser that runs no scripts: by clicking what they read, and by the keyboard alone."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Browser, Page, expect

from checks.readers.looking import looking
from tests.journeys.conftest import Site
from tests.journeys.visiting import WaitingOffice, links

READER = "ann.reader@example.org"
SENT_AT = "2025-12-08T10:00:00+00:00"
STOPS = 500  # of the Tab key: more than any page has
SHOWN = """() => {
  const here = document.activeElement;  // a field for a date shows by itself which of its parts it is
  return here.type === "date" || getComputedStyle(here).outlineStyle !== "none";
}"""


def person(site: Site) -> dict[str, Any]:
    return dict(site.lines("subscribers", "show", READER)[0])


def test_by_clicking(chromium: Browser, site: Site, post_office: WaitingOffice, url: str) -> None:
    with looking(chromium, url) as looker:
        page = looker.page
        page.goto(url)
        page.get_by_label("E-mail address").fill(READER)
        page.get_by_label("Quay News, the month in one mail").uncheck()
        page.get_by_role("button", name="Subscribe").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Look into your mailbox")
        page.goto(links(post_office.next(), url)["confirm"])
        page.get_by_role("button", name="Confirm the subscription").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("You are subscribed")
        page.get_by_role("link", name="Choose what you get").click()
        page.get_by_label("Travel").check()
        page.get_by_label("Every second edition").check()
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("status")).to_contain_text("Saved")
        expect(page.get_by_label("Travel")).to_be_checked()
        assert (person(site)["categories"], person(site)["every"]) == (["travel"], 2)
        page.get_by_role("link", name="Unsubscribe").click()
        page.get_by_role("button", name="Unsubscribe").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("You are unsubscribed")
        assert person(site)["status"] == "unsubscribed"
        page.get_by_role("button", name="Undo").click()
        assert person(site)["status"] == "active"


class Keyboard:
    """Somebody without a mouse."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def reach(self, selector: str) -> None:
        """Tab after Tab, each of which shows where it has come to."""
        for _ in range(STOPS):
            self._page.keyboard.press("Tab")
            assert self._page.evaluate(SHOWN), selector
            if self._page.locator(f":is({selector}):focus").count():
                return
        raise AssertionError(f"no key leads to {selector}")

    def press(self, selector: str, key: str) -> None:
        self.reach(selector)
        self._page.keyboard.press(key)

    def write(self, selector: str, text: str) -> None:
        self.reach(selector)
        self._page.keyboard.type(text)

    def follow(self, selector: str, key: str = "Enter") -> None:
        """The key that leads to the next page."""
        self.reach(selector)
        with self._page.expect_navigation():
            self._page.keyboard.press(key)


def test_by_the_keyboard_alone(chromium: Browser, site: Site, post_office: WaitingOffice, url: str) -> None:
    with looking(chromium, url) as looker:
        page, keyboard = looker.page, Keyboard(looker.page)
        heading = page.get_by_role("heading", level=1)
        page.goto(url)
        keyboard.write("#email", READER)
        keyboard.write("#name", "Ann Reader")
        keyboard.press("[name=digests][value=monthly]", "Space")
        keyboard.press("summary", "Enter")
        keyboard.press("[name=categories][value=science]", "Space")
        keyboard.follow("button.primary")
        expect(heading).to_have_text("Look into your mailbox")
        page.goto(links(post_office.next(), url)["confirm"])
        keyboard.follow("button.primary", "Space")
        chosen = person(site)
        assert (chosen["status"], chosen["name"]) == ("active", "Ann Reader")
        assert (chosen["digests"], chosen["categories"]) == (["weekly"], ["science"])
        keyboard.follow('a[href*="/preferences/"]')
        keyboard.press("[name=every]", "ArrowDown")
        keyboard.follow("button.primary")
        assert person(site)["every"] == 2
        keyboard.follow('a[href*="/unsubscribe/"]')
        keyboard.press("[name=every]", "ArrowDown")
        keyboard.press("[name=pause]", "ArrowDown")
        keyboard.follow('form[action$="/fewer"] button', "Space")
        expect(heading).to_have_text("Fewer mails from now on")
        keyboard.follow('a[href*="/unsubscribe/"]')
        keyboard.press("summary", "Space")
        keyboard.write("#words", "Too much to read.")
        keyboard.follow("button.primary")
        assert (person(site)["status"], person(site)["reason"]) == ("unsubscribed", "left by link: Too much to read.")
        keyboard.follow('form[action*="/undo/"] button')
        assert person(site)["status"] == "active"
