"""Chooses what an edition holds: who is a candidate, what is one story, what comes first, sections, what fits."""

from digest.compose.composing import REQUIRABLE, Composition, Verdict, compose
from digest.compose.rules import Rank, Rules, Weights

__all__ = ["REQUIRABLE", "Composition", "Rank", "Rules", "Verdict", "Weights", "compose"]
