"""One form for each address, and one key for each mailbox: two spellings of an address are one subscriber.

The address keeps the case of its local part and shows an international domain in its own script. The key is what
duplicates are found by: local part case folded, domain in its ASCII form (RFC 5891), so that ``MÜNCHEN.example`` and
``xn--mnchen-3ya.example`` meet.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email

from digest.errors import AddressError
from digest.model import Address


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An address in its normal form, with the key that is the same for all its spellings."""

    address: str
    key: str


# What nearly every address looks like. email-validator takes sixty times as long and comes to the same result for
# these; everything else (other scripts, rare characters, "--" in a label, reserved names) is its to judge.
_ORDINARY = re.compile(
    r"([A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*)@((?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+([A-Za-z]{2,63}))",
    re.ASCII,
)
_RESERVED = frozenset(name.rpartition(".")[2] for name in SPECIAL_USE_DOMAIN_NAMES)


def mailbox(text: str) -> Mailbox:
    """The mailbox that ``text`` names, without asking the DNS; raises AddressError if mail cannot be sent there."""
    Address.parse(text)
    if (found := _ORDINARY.fullmatch(text)) and "--" not in found[2] and found[3].lower() not in _RESERVED:
        domain = found[2].lower()
        return Mailbox(f"{found[1]}@{domain}", f"{found[1].lower()}@{domain}")
    return _judged(text)


def _judged(text: str) -> Mailbox:
    try:
        found = validate_email(text, check_deliverability=False, allow_smtputf8=True)
    except EmailNotValidError as error:
        said = str(error).rstrip(".")
        raise AddressError(f"{text!r} is not an e-mail address: {said[:1].lower()}{said[1:]}") from error
    Address.parse(found.normalized)  # normalising may join or widen characters
    folded = unicodedata.normalize("NFC", found.local_part.casefold())
    return Mailbox(found.normalized, f"{folded}@{found.ascii_domain}")
