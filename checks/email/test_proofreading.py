"""The tools can complain, and a complaint ends the run with 1."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from proofreading import BROKEN, TOOLS, asked
from said import Said, Tool, written


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_every_tool_complains_about_the_mail_that_is_broken_for_it(tool: Tool) -> None:
    with ThreadPoolExecutor() as pool:  # Playwright wants a thread to itself, as in the run
        (about_broken,) = pool.submit(asked, tool, {}).result()
    assert about_broken.mail == BROKEN
    assert about_broken.findings == ()


def test_a_tool_that_does_not_complain_is_a_finding() -> None:
    mute = Tool("mute", lambda mails: (Said("mute", name) for name in mails), written("<p>"), ("something",))
    assert asked(mute, {})[-1].findings == ("does not complain: something",)


def test_one_faulty_mail_ends_the_run_with_1_and_is_named(tmp_path: Path) -> None:
    (tmp_path / "faulty.eml").write_bytes(written("<p>No title, no language.</p>"))
    script = Path(__file__).with_name("proofreading.py")
    done = subprocess.run([sys.executable, script, "--eml", tmp_path], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"{tmp_path}/faulty.eml: axe: html-has-lang" in done.stdout
