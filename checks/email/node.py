"""Tools that run on Node: one process for all mails, a JSON object in and a JSON object out."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PATIENCE = 120  # seconds for all mails together


def ask(script: str, given: Mapping[str, str]) -> dict[str, Any]:
    """What the script beside this file answers: name of the mail -> whatever it says about it."""
    path = Path(__file__).with_name(script)
    done = subprocess.run(
        ["node", path], input=json.dumps(dict(given)), capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    if done.returncode:
        raise SystemExit(f"checks/email: {script} failed: {done.stderr.strip()}")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer
