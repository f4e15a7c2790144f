"""A linter for articles: what is wrong with them, by kind, and which files are the worst."""

from digest.linting.linting import lint, worst
from digest.linting.rules import RULES, Finding, Level, Rule

__all__ = ["RULES", "Finding", "Level", "Rule", "lint", "worst"]
