"""An edition edited by hand: the proposed list as a file, and what a person wrote into it read again.

compose ─▶ proposing ─▶ editions/weekly-2025-W49.md ─▶ a person ─▶ reading ─▶ Curation ─▶ compose
                                   place: where it is, and the hand that writes it
"""

from digest.editing.candidates import Candidates
from digest.editing.place import Place, append, create, load, place
from digest.editing.proposing import addition, propose
from digest.editing.reading import Edited, is_held, is_settled, read, unknown

__all__ = [
    "Candidates",
    "Edited",
    "Place",
    "addition",
    "append",
    "create",
    "is_held",
    "is_settled",
    "load",
    "place",
    "propose",
    "read",
    "unknown",
]
