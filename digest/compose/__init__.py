"""Chooses what an edition holds: who is a candidate, what is one story, what comes first, sections, what fits."""

from digest.compose.composing import REQUIRABLE, compose
from digest.compose.door import MEMORY
from digest.compose.lists import apart
from digest.compose.rules import Rank, Rules, Weights
from digest.compose.tongues import lost, otherwise_good
from digest.compose.verdicts import Composition, Verdict

__all__ = [
    "MEMORY",
    "REQUIRABLE",
    "Composition",
    "Rank",
    "Rules",
    "Verdict",
    "Weights",
    "apart",
    "compose",
    "lost",
    "otherwise_good",
]
