"""docs/checks.md has every rule as the program has it."""

from __future__ import annotations

import re
from pathlib import Path

from digest.proof import RULES

PAGE = (Path(__file__).parents[2] / "docs" / "checks.md").read_text(encoding="utf-8")


def test_every_rule_is_told_as_it_is() -> None:
    told = [
        tuple(cell.strip().replace("\\<", "<").strip("`") for cell in row.strip("|").split(" | "))
        for row in re.findall(r"^(\| `.*)$", PAGE, flags=re.MULTILINE)
    ]
    assert sorted(told) == sorted((rule.name, str(rule.level), rule.source, rule.advice) for rule in RULES)
