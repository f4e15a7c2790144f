"""Half a minute of the fuzzer finds nothing. It runs for as long as one likes by hand: see ``reader.py``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SECONDS = 30
READER = Path(__file__).with_name("reader.py")


def test_no_bytes_crash_the_reader_or_hang_it(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, READER, f"-max_total_time={SECONDS}", f"-artifact_prefix={tmp_path}/"],
        capture_output=True,
        timeout=10 * SECONDS,
        check=False,
    )
    if run.returncode:
        found = [file.read_bytes() for file in tmp_path.iterdir()]
        pytest.fail(f"{found}\n{run.stderr[-4000:].decode(errors='replace')}")
    assert b"Done" in run.stderr
