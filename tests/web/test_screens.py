"""Browsers that fail, hang or are not there; that a real one takes real pictures is seen in ``checks/browser``."""

from __future__ import annotations

from pathlib import Path

import pytest

from digest import screens
from digest.errors import DigestError


def browser(folder: Path, script: str) -> str:
    path = folder / "chromium"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def shot(folder: Path) -> screens.Shot:
    return screens.Shot("<p>page", 360, folder / "page.png")


def test_a_browser_is_found_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DigestError, match="no Chromium in PATH") as raised:
        screens.find()
    assert "google-chrome" in raised.value.hint
    made = browser(tmp_path, "exit 0")
    assert screens.find() == made


def test_a_browser_that_fails_is_named(tmp_path: Path) -> None:
    made = browser(tmp_path, "exit 1")
    with pytest.raises(DigestError, match="did not tell how high") as raised:
        screens.take(made, [shot(tmp_path)])
    assert made in raised.value.message
    assert "--no-screenshots" in raised.value.hint


def test_a_browser_that_measures_and_takes_no_picture_is_named(tmp_path: Path) -> None:
    made = browser(tmp_path, 'echo "<title>heights 40</title>"')
    with pytest.raises(DigestError, match="took no picture"):
        screens.take(made, [shot(tmp_path)])


def test_a_browser_that_hangs_is_ended_with_all_it_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screens, "TIME_LIMIT", 0.1)
    made = browser(tmp_path, "sleep 600 & sleep 600")
    with pytest.raises(DigestError, match="took longer than"):
        screens.take(made, [shot(tmp_path)])
