"""Amazon SNS: the envelope that reports of SES come in, its signature, and the confirmation of a subscription.

The signature is made by a certificate that the envelope itself points to, so what counts is where that may be: at SNS
in the region of a topic that was configured, and nowhere else.
https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm
from cryptography.x509 import Certificate, load_pem_x509_certificate

from digest.bounces.providers.facts import at, instant, opened, require_fresh, words
from digest.bounces.providers.ports import Web
from digest.errors import ConfigError, FetchError, SignatureError, TryLaterError

# SNS hands over for an hour at most: https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
_PATIENCE = timedelta(hours=2)
_CERTIFICATES_KEPT = 16
_OK = 200
_TOPIC = re.compile(r"arn:(?P<partition>[a-z-]+):sns:(?P<region>[a-z0-9-]+):[0-9]+:[\w-]+", re.ASCII)
_DOMAINS = {
    "aws": "amazonaws.com",
    "aws-us-gov": "amazonaws.com",
    "aws-cn": "amazonaws.com.cn",
    "aws-eusc": "amazonaws.eu",
}
_PEM = re.compile(r"[\w-]+\.pem", re.ASCII)
_HASHES: dict[str, HashAlgorithm] = {"1": SHA1(), "2": SHA256()}  # noqa: S303 - SNS's own default; the operator may choose 2
_NOTIFIES = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
_CONFIRMS = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")


class Kind(StrEnum):
    NOTIFICATION = "Notification"
    SUBSCRIPTION = "SubscriptionConfirmation"
    END = "UnsubscribeConfirmation"


@dataclass(frozen=True, slots=True)
class Envelope:
    """What SNS has signed: ``url`` confirms a subscription, or takes its end back; "" in a notification."""

    kind: Kind
    id: str
    topic: str
    message: str
    url: str


class Topics:
    """The topics that may report, and the certificates that their reports were signed with."""

    def __init__(self, topics: Sequence[str], web: Web) -> None:
        self._hosts = {topic: _host(topic) for topic in topics}
        self._web = web
        self._certificates: dict[str, Certificate] = {}

    def open(self, body: bytes, now: datetime) -> Envelope:
        """Raises SignatureError, and TryLaterError while the certificate cannot be had."""
        found = opened(body)
        topic = at(found, "TopicArn")
        if not isinstance(topic, str) or topic not in self._hosts:
            raise SignatureError("not from a topic of webhooks.ses_topic")
        kind, signed, signature, algorithm = _proof(found)
        require_fresh(instant(found["Timestamp"]), now, _PATIENCE)
        certificate = self._certificate(at(found, "SigningCertURL"), self._hosts[topic])
        if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
            raise SignatureError("signed with a certificate that is not valid now")
        _verify(certificate, signed, signature, algorithm)
        url = "" if kind is Kind.NOTIFICATION else found["SubscribeURL"]
        return Envelope(kind, found["MessageId"], topic, found["Message"], url)

    def confirm(self, envelope: Envelope) -> None:
        """Says yes to a subscription. Raises SignatureError, TryLaterError."""
        if not envelope.url.startswith(f"https://{self._hosts[envelope.topic]}/"):
            raise SignatureError("a subscription is not confirmed elsewhere than at SNS")
        self._get(envelope.url)

    def _certificate(self, url: Any, host: str) -> Certificate:
        """From SNS in the region of the topic; looked at once."""
        place = f"https://{host}/"
        if not (isinstance(url, str) and url.startswith(place) and _PEM.fullmatch(url.removeprefix(place))):
            raise SignatureError("signed with a certificate from elsewhere than SNS")
        if known := self._certificates.get(url):
            return known
        try:
            certificate = load_pem_x509_certificate(self._get(url))
        except (ValueError, UnsupportedAlgorithm) as error:
            raise SignatureError("signed with a certificate that is none") from error
        if len(self._certificates) >= _CERTIFICATES_KEPT:
            self._certificates.clear()
        self._certificates[url] = certificate
        return certificate

    def _get(self, url: str) -> bytes:
        try:
            answer = self._web.get(url)
        except FetchError as error:
            raise TryLaterError(error.message) from error
        if answer.status != _OK:
            raise TryLaterError(f"SNS said {answer.status} to {url[:100]}")
        return answer.data


def _host(topic: str) -> str:
    """Where SNS is for a topic. Raises ConfigError."""
    found = _TOPIC.fullmatch(topic)
    domain = _DOMAINS.get(found["partition"]) if found else None
    if not found or not domain:
        raise ConfigError(
            f"webhooks.ses_topic: {topic!r} is not the ARN of a topic",
            hint="it looks as arn:aws:sns:eu-west-1:123456789012:bounces; the SNS console shows it",
        )
    return f"sns.{found['region']}.{domain}"


def _proof(found: dict[str, Any]) -> tuple[Kind, bytes, bytes, HashAlgorithm]:
    """Of what kind it is, what was signed, the signature, and how it was made. Raises SignatureError."""
    try:
        kind, algorithm = Kind(words(found, "Type")), _HASHES[words(found, "SignatureVersion")]
        fields = _NOTIFIES if kind is Kind.NOTIFICATION else _CONFIRMS
        values = {name: found[name] for name in fields if name != "Subject" or found.get(name)}
        signed = "".join(name + "\n" + value + "\n" for name, value in values.items()).encode()
        return kind, signed, base64.b64decode(found["Signature"], validate=True), algorithm
    except (KeyError, TypeError, ValueError) as error:  # a field is missing, no text, half a character, no base64
        raise SignatureError("not signed as SNS signs") from error


def _verify(certificate: Certificate, signed: bytes, signature: bytes, algorithm: HashAlgorithm) -> None:
    """Raises SignatureError."""
    try:
        key = certificate.public_key()
        if isinstance(key, RSAPublicKey):
            key.verify(signature, signed, PKCS1v15(), algorithm)
            return
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        pass
    raise SignatureError("the signature is wrong")
