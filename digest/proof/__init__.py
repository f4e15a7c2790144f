"""The proofreader: holds a finished mail, from anybody, to what readers, mailboxes and filters expect. Pure."""

from digest.proof.linking import links
from digest.proof.proofreading import RULES, Report, proofread, proofread_page
from digest.proof.rules import Finding, Level, Part, Rule
from digest.proof.schemes import Scheme, as_seen

__all__ = [
    "RULES",
    "Finding",
    "Level",
    "Part",
    "Report",
    "Rule",
    "Scheme",
    "as_seen",
    "links",
    "proofread",
    "proofread_page",
]
