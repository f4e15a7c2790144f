"""The live preview, as somebody at a browser uses it."""

from __future__ import annotations

import time

from playwright.sync_api import FrameLocator, Page, expect

from checks.browser.conftest import template
from tests.journeys.conftest import PostOffice, Site, article

UNNAMED_IMAGE = (
    '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>T</title></head><body>'
    '<div style="height:3000px">{% for section in edition.sections %}{{ section.category }} {% endfor %}</div>'
    '<table><tr><td><img src="https://example.org/boat.png" width="60" height="40"></td></tr></table></body></html>'
)


def mail(page: Page) -> FrameLocator:
    return page.frame_locator("#frames iframe:not(.behind)")


def scrolled(page: Page) -> int:
    return int(page.evaluate("document.querySelector('#frames iframe:not(.behind)').contentWindow.scrollY"))


def test_an_article_that_is_edited_is_seen_in_its_place(page: Page, site: Site) -> None:
    expect(mail(page).locator("body")).to_contain_text("Cranes")
    page.evaluate("document.querySelector('#frames iframe:not(.behind)').contentWindow.scrollTo(0, 300)")
    page.keyboard.press("2")
    page.keyboard.press("d")
    expect(page.locator('#frames iframe:not(.behind)[data-src*="scheme=dark"]')).to_be_visible()
    place = scrolled(page)
    assert place > 0
    site.write("cranes.md", article("Cranes are back", "2025-12-01"))
    begun = time.monotonic()
    expect(mail(page).locator("body")).to_contain_text("Cranes are back")
    print(f"seen after {time.monotonic() - begun:.2f} s")  # told, not judged: the machine may be busy
    expect(page.locator("#articles")).to_contain_text("Cranes are back")
    assert scrolled(page) == place
    assert page.locator('input[name="width"]:checked').input_value() == "600"
    assert page.locator('input[name="scheme"]:checked').input_value() == "dark"


def test_a_check_that_fails_is_shown_leads_to_its_place_and_goes_when_it_is_mended(page: Page, site: Site) -> None:
    path = template(site, UNNAMED_IMAGE)
    finding = page.locator('#checks .rule.error .finding[data-path*="img"]').first
    expect(finding).to_be_visible()
    finding.click()
    image = mail(page).locator("img")
    expect(image).to_be_in_viewport()
    expect(image).to_have_css("outline-style", "solid")
    path.write_text(UNNAMED_IMAGE.replace("<img", '<img alt="A boat"'), encoding="utf-8")
    expect(page.locator('#checks .finding[data-path*="img"]', has_text="alt")).to_have_count(0)
    path.unlink()
    expect(mail(page).locator("body")).to_contain_text("Cranes")


def test_a_template_that_breaks_shows_a_banner_over_the_last_good_mail(page: Page, site: Site) -> None:
    path = template(site, "{{ edition.nothing }}")
    expect(page.get_by_role("alert")).to_contain_text("edition.html:1")
    expect(mail(page).locator("body")).to_contain_text("Cranes")
    path.unlink()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_configuration_that_breaks_shows_a_banner_until_it_is_mended(page: Page, site: Site) -> None:
    config = site.folder / "digest.toml"
    text = config.read_text(encoding="utf-8")
    config.write_text(text + "\n[smpt]\n", encoding="utf-8")
    expect(page.get_by_role("alert")).to_contain_text("smpt")
    config.write_text(text.replace('title = "Quay News"', 'title = "Pier News"'), encoding="utf-8")
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.locator("#masthead")).to_contain_text("Pier News")


def test_every_part_scheme_and_width_is_a_key_away(page: Page) -> None:
    for key, part in (("t", "text"), ("h", "html"), ("r", "message")):
        page.keyboard.press(key)
        expect(page.locator(f'#frames iframe:not(.behind)[data-src^="/lines/{part}"]')).to_be_visible()
        expect(mail(page).locator("#L1")).to_be_visible()
    for key, scheme in (("l", "light"), ("d", "dark"), ("f", "forced")):
        page.keyboard.press(key)
        expect(page.locator(f'#frames iframe:not(.behind)[data-src*="scheme={scheme}"]')).to_be_visible()
    for key, width in (("1", 360), ("2", 600), ("3", 800)):
        page.keyboard.press(key)
        expect(page.locator("#frames iframe:not(.behind)")).to_have_css("width", f"{width}px")
    page.keyboard.press("i")
    expect(page.locator('#frames iframe:not(.behind)[data-src*="images=off"]')).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()


def test_what_was_chosen_outlives_a_reload(page: Page) -> None:
    page.keyboard.press("1")
    page.keyboard.press("f")
    page.reload()
    expect(page.locator('#frames iframe:not(.behind)[data-src*="scheme=forced"]')).to_have_css("width", "360px")


def test_a_finding_about_the_message_leads_to_its_line(page: Page) -> None:
    page.locator('#checks .finding[data-part="message"]:not([data-line="0"])').first.click()
    expect(mail(page).locator("li.marked")).to_be_in_viewport()


def test_a_reader_s_choice_is_followed_by_address_and_by_categories(page: Page) -> None:
    page.locator("#categories summary").click()
    page.get_by_label("Travel").check()
    expect(mail(page).locator("body")).to_contain_text("Ferries")
    expect(mail(page).locator("body")).not_to_contain_text("Cranes")
    assert "category=travel" in page.url
    page.go_back()
    expect(mail(page).locator("body")).to_contain_text("Cranes")
    page.locator("#for").fill("nobody@example.org")
    page.keyboard.press("Enter")
    expect(page.locator("#nothing")).to_contain_text("nobody@example.org is not a subscriber")
    page.locator("#period").select_option("2025-W40")
    page.locator("#for").fill("")
    page.keyboard.press("Enter")
    expect(page.locator("#nothing")).to_contain_text("there are no articles for it")


def test_a_test_is_sent_from_the_page(page: Page, post_office: PostOffice) -> None:
    page.get_by_label("To addresses of your own").fill("me@example.org")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#answers")).to_contain_text("250 2.0.0 taken")
    assert post_office.received == {"me@example.org": 1}


def test_the_desk_fits_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_the_mail_s_own_script_does_not_run(page: Page, site: Site) -> None:
    template(site, "<html><body><p>quiet</p><script>document.body.append('loud')</script></body></html>")
    expect(mail(page).locator("body")).to_contain_text("quiet")
    expect(mail(page).locator("body")).not_to_contain_text("loud")
