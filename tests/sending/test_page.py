"""The page that says which test holds which promise."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent


def test_every_test_that_the_page_names_is_there():
    named = set(re.findall(r"`(test_\w+)`", (HERE.parents[1] / "docs" / "delivery.md").read_text(encoding="utf-8")))
    there = {
        name
        for file in HERE.glob("test_*.py")
        for name in re.findall(r"^(?:async )?def (test_\w+)", file.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert len(named) > 30
    assert named <= there
