"""What signatures cost: readers' messages unsigned and signed, beside dkimpy, and what a second thread brings.

A message is counted whole: its links, its own bytes in a ready letter, hashes and signatures.
"""

from __future__ import annotations

import argparse
import base64
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import dkim as dkimpy
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from measuring import OURS, Way, compare, introduce, timed

from digest.dkim import Key, Kind, generate
from digest.links import Signer
from digest.marks import Mark
from digest.message import Letter, letter, message
from digest.model import Message, Rendition, Selection, Sender

EDITION = "weekly/2025-W49"
FROZEN = datetime(2025, 12, 8, 7, tzinfo=UTC)
SENDER = Sender(
    name="Example Weekly",
    address="weekly@example.org",
    list_id="weekly.example.org",
    unsubscribe_to="unsubscribe@example.org",
    web="https://news.example.org",
    bounces="bounces@example.org",
)
SIGNER = Signer(["k" * 48])
RSA, ED25519 = (generate(kind, domain="example.org", selector=kind.value) for kind in Kind)
CARD = "<p style='margin:0 0 12px;color:#333333'>Bookings doubled in two years, the council says — see there.</p>\n"
ABOVE, BELOW = (Mark.NAME, Mark.ARCHIVE), (Mark.UNSUBSCRIBE, Mark.PREFERENCES, Mark.ARCHIVE)


def made(size: int, *keys: Key) -> Letter:
    """A letter of so many kilobytes, an eighth of them text, with ten places for a reader's own values."""
    above, below = ("".join(f"<a href='{mark}'>x</a>" for mark in marks) for marks in (ABOVE, BELOW))
    cards = CARD * (size * 890 // len(CARD.encode()))
    story = "The council says so.\n" * (size * 128 // 21)
    rendition = Rendition(
        Selection(), "Example Weekly 49", "", html=above + cards + below, text="\n".join((*ABOVE, story, *BELOW))
    )
    return letter(rendition, SENDER, edition=EDITION, message_key="k", date=FROZEN, keys=keys)


def one(ready: Letter, number: int) -> Message:
    return message(
        ready,
        address=f"reader{number}@example.org",
        name="First Reader",
        subscriber=number,
        links=SIGNER.for_reader(SENDER, EDITION, number),
        return_token=SIGNER.return_token(number, EDITION, FROZEN),
    )


def ours(ready: Letter, count: int) -> Callable[[], float]:
    return lambda: timed(lambda: [one(ready, number) for number in range(count)])


def theirs(ready: Letter, key: Key, count: int) -> Callable[[], float]:
    """Our unsigned message through dkimpy, with the same fields, canonicalised alike."""
    private, algorithm = _private(key), key.algorithm.encode()
    covered = [b"from", b"to", b"subject", b"date", b"message-id", b"list-unsubscribe", b"list-unsubscribe-post"]

    def sign() -> None:
        for number in range(count):
            dkimpy.sign(
                one(ready, number).data,
                key.selector.encode(),
                key.domain.encode(),
                private,
                canonicalize=(b"relaxed", b"simple"),
                signature_algorithm=algorithm,
                include_headers=covered,
            )

    return lambda: timed(sign)


def _private(key: Key) -> bytes:
    """As dkimpy wants it: PKCS #1 in PEM, or 32 octets in base64."""
    if key is RSA:
        return key.private.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    return base64.b64encode(key.private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()))


def in_threads(threads: int, ready: Letter, count: int) -> Callable[[], float]:
    """The same messages made by so many threads side by side."""

    def share(first: int) -> Sequence[Message]:
        return [one(ready, number) for number in range(first, count, threads)]

    def run() -> None:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(share, range(threads)))

    return lambda: timed(run)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=2000, help="in each run; a tenth of them for dkimpy")
    parser.add_argument("--size", type=int, nargs="+", default=[60], help="of a letter, in kilobytes")
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args()
    introduce(given.runs)
    for size in given.size:
        compare_all(size, given.messages, given.runs)


def compare_all(size: int, count: int, runs: int) -> None:
    few = max(1, count // 10)
    plain, short, long, both = made(size), made(size, ED25519), made(size, RSA), made(size, RSA, ED25519)
    octets = len(one(plain, 1).data)
    ways = [
        Way("unsigned", count, ours(plain, count)),
        Way("ed25519", count, ours(short, count)),
        Way("rsa2048", count, ours(long, count)),
        Way("both", count, ours(both, count)),
    ]
    compare(f"Messages of {octets:,} bytes made", ways, runs=runs)
    for name, key, ready in (("ed25519", ED25519, short), ("rsa2048", RSA, long)):
        ways = [Way(OURS, count, ours(ready, count)), Way("dkimpy", few, theirs(plain, key, few))]
        compare(f"The same, signed with {name}", ways, runs=runs)
    ways = [
        Way(f"{threads} thread{'s' * (threads > 1)}", count, in_threads(threads, long, count)) for threads in (1, 2)
    ]
    compare("The same with rsa2048, in threads", ways, runs=runs)


if __name__ == "__main__":
    main()
