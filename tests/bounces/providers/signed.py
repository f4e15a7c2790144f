"""The providers, as far as their hands are seen: keys of their own, and reports signed with them as each one signs."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from digest.bounces.providers.ports import Binds
from digest.errors import FetchError
from digest.fetching import Fetched
from tests.bounces.tokens import tag

NOW = datetime(2025, 12, 8, 9, tzinfo=UTC)
TOPIC = "arn:aws:sns:eu-west-1:123456789012:bounces"
HOST = "https://sns.eu-west-1.amazonaws.com"
CERTIFICATE = f"{HOST}/SimpleNotificationService-0123456789abcdef.pem"
READER = "reader@example.org"


def return_path(delivery: int) -> str:
    return f"bounces+{tag(delivery)}@quay.example.org"


def iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.000Z")


# --- Amazon ------------------------------------------------------------------------------------------------------


@cache
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def certificate(key: Any = None, *, since: datetime = NOW, days: int = 30) -> bytes:
    """A certificate of SNS in PEM, valid from the day before ``since``."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    key = key or rsa_key()
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(4711)
        .not_valid_before(since - timedelta(days=1))
        .not_valid_after(since + timedelta(days=days))
        .sign(key, SHA256())
    )
    return built.public_bytes(Encoding.PEM)


@dataclass
class Amazon:
    """What is on the web, for a reader of SNS; ``asked`` remembers who looked."""

    pages: dict[str, bytes] = field(default_factory=lambda: {CERTIFICATE: certificate()})
    asked: list[str] = field(default_factory=list)

    def get(self, url: str) -> Fetched:
        self.asked.append(url)
        if url not in self.pages:
            raise FetchError(url, "no answer within 10 s")
        data = self.pages[url]
        return Fetched(url, 200 if data else 404, "application/x-pem-file", data)


_ORDER = ("Message", "MessageId", "SubscribeURL", "Subject", "Timestamp", "Token", "TopicArn", "Type")


def enveloped(message: Any, *, version: str = "2", key: rsa.RSAPrivateKey | None = None, **fields: Any) -> bytes:
    """A message in a signed envelope of SNS; fields that are None are left out."""
    envelope = {
        "Type": "Notification",
        "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
        "TopicArn": TOPIC,
        "Subject": "Amazon SES Email Event Notification",
        "Message": message if isinstance(message, str) else json.dumps(message),
        "Timestamp": iso(NOW),
        "SignatureVersion": version,
        "SigningCertURL": CERTIFICATE,
        "UnsubscribeURL": f"{HOST}/?Action=Unsubscribe",
        **fields,
    }
    signed = "".join(f"{name}\n{envelope[name]}\n" for name in _ORDER if envelope.get(name) is not None)
    digest = SHA1() if version == "1" else SHA256()
    signature = (key or rsa_key()).sign(signed.encode("utf-8", "surrogatepass"), PKCS1v15(), digest)
    envelope["Signature"] = base64.b64encode(signature).decode()
    return json.dumps({name: value for name, value in envelope.items() if value is not None}).encode()


def confirmation(**fields: Any) -> bytes:
    return enveloped(
        "You have chosen to subscribe to the topic.",
        **{
            "Type": "SubscriptionConfirmation",
            "Subject": None,
            "Token": "2336412f37fb687f5d51e6e241d09c805a5a57b30d712f794cc5f6a988666d92",
            "SubscribeURL": f"{HOST}/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=2336412f37",
            **fields,
        },
    )


def bound() -> Binds:
    """What remembers proofs, for a reader of Mailgun."""
    known: dict[str, str] = {}
    return lambda proof, report, _until, _now: known.setdefault(proof, report) == report


# --- the others --------------------------------------------------------------------------------------------------


def basic(password: str, user: str = "digest") -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def mailgun(event: Any, *, key: str = "mailgun-key", at: datetime = NOW, token: str = "", **more: str) -> bytes:
    token = token or hashlib.sha256(json.dumps(event).encode()).hexdigest()[:50]
    seconds = str(int(at.timestamp()))
    signature = hmac.new(key.encode(), (seconds + token).encode(), hashlib.sha256).hexdigest()
    proof = {"timestamp": seconds, "token": token, "signature": signature, **more}
    return json.dumps({"signature": proof, "event-data": event}).encode()


@cache
def ec_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def sendgrid_key() -> str:
    """As the site of SendGrid shows it."""
    found = ec_key().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(found).decode()


def sendgrid(events: Any, *, at: datetime = NOW, key: Any = None) -> tuple[dict[str, str], bytes]:
    """Headers and body."""
    body = events if isinstance(events, bytes) else (json.dumps(events) + "\r\n").encode()
    seconds = str(int(at.timestamp()))
    signature = (key or ec_key()).sign(seconds.encode() + body, ec.ECDSA(SHA256()))
    return {
        "x-twilio-email-event-webhook-signature": base64.b64encode(signature).decode(),
        "x-twilio-email-event-webhook-timestamp": seconds,
    }, body
