"""SpamAssassin with its own rules and without a network: the score, and no rule that counts against the mail.

The mails have not travelled, so there are no Received fields to judge (NO_RECEIVED and NO_RELAYS say that, at no cost),
and nothing that needs a network (SPF, DKIM, block lists) is asked.
"""

from __future__ import annotations

import os
import re
import secrets
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from said import Mails, Said, Tool, written

HIGHEST = -0.5  # a mailing list that says so gets a point off; more than this says that something ate it up
NOTHING = 0.01  # rules that only take note score 0.001
PATIENCE = 180  # seconds for all mails together
ALLOWED: dict[str, str] = {}  # rule -> why it may count against a mail of ours


def read(mails: Mails) -> Iterator[Said]:
    for name, verdict in zip(mails, _verdicts(mails), strict=True):
        score, _, rules = verdict.partition(" ")
        yield Said("spamassassin", name, tuple(_faults(float(score), rules)), note=score)


def _faults(score: float, rules: str) -> Iterator[str]:
    for rule in rules.split(","):
        name, _, points = rule.partition("=")
        if points and float(points) >= NOTHING and name not in ALLOWED:
            yield f"{name} counts {points}"
    if score > HIGHEST:
        yield f"scores {score}, more than {HIGHEST}: {rules}"


def _verdicts(mails: Mails) -> list[str]:
    """For each mail its score and ``RULE=points,…``, from one run of SpamAssassin."""
    mark = f"Said-{secrets.token_hex(8)}"  # a header of a name that no mail can hold
    settings = (
        "clear_headers",
        f"add_header all {mark} _SCORE_ _TESTSSCORES_",
        "fold_headers 0",
        "report_safe 0",
        "use_bayes 0",  # what this machine has learned, or would learn from us, is nobody's business
    )
    with tempfile.TemporaryDirectory() as place:
        paths = [Path(place, f"{number}.eml") for number in range(len(mails))]
        for path, data in zip(paths, mails.values(), strict=True):
            path.write_bytes(data)
        command = ["spamassassin", "--local", "--test-mode", "--nocreate-prefs", "--prefspath=/dev/null"]
        command += [f"--cf={setting}" for setting in settings]
        home = {**os.environ, "HOME": place}  # where it would leave a folder of its own
        done = subprocess.run([*command, *paths], capture_output=True, timeout=PATIENCE, check=False, env=home)
    if done.returncode:
        raise SystemExit(f"checks/email: spamassassin failed: {done.stderr.decode().strip()}")
    return [found.decode() for found in re.findall(rf"^X-Spam-{mark}: (.*)$".encode(), done.stdout, re.MULTILINE)]


TOOL = Tool(
    "spamassassin",
    read,
    broken=written(
        '<html><body><font color="#fffffe" size="1">hidden words</font><b>ACT NOW! VIAGRA, 100% FREE, RISK FREE!!!'
        '</b><a href="http://192.0.2.1/">CLICK HERE</a><img src="http://192.0.2.1/a.png"></body></html>',
        headers={"Subject": "MAKE MONEY FAST $$$", "Message-ID": "", "List-Id": "", "Date": ""},
    ),
    complaints=("counts", "scores"),
)
