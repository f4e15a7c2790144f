"""What comes back names its delivery, in whatever way the configuration says."""

from __future__ import annotations

from datetime import UTC, datetime

from digest.app import App, clock
from digest.config import load
from digest.model import Rendition, Selection
from tests.journeys.conftest import Site

RENDITION = Rendition(Selection(), "Subject", "", html="<p>Hello", text="Hello")


def returned_to(site: Site, token: str) -> str:
    app = App(load(site.folder / "digest.toml"), clock(datetime(2025, 12, 8, tzinfo=UTC)), read_only=True)
    made = app.letter(app.digest(), "weekly/2025-W49", RENDITION)
    return app.message(made, address="reader@example.com", return_token=token).envelope_from


def test_with_a_mailbox_for_bounces_each_delivery_has_its_own_return_path(site: Site):
    with (site.folder / "digest.toml").open("a", encoding="utf-8") as file:
        file.write('\n[bounces]\naddress = "bounces@quay.example.org"\n')
    assert returned_to(site, "token") == "bounces+token@quay.example.org"
    assert returned_to(site, "") == "bounces@quay.example.org"


def test_without_one_it_is_the_from_address(site: Site):
    assert returned_to(site, "token") == "weekly@quay.example.org"
