"""Providers that report bounces and complaints over HTTP: each report proved, read, and made into notices.

What is reported by a signed hand is believed: an address in it is enough to act on, where no return path names a delivery.
"""

from __future__ import annotations

from collections.abc import Sequence

from digest.bounces.ports import DeliveryOf
from digest.bounces.providers import mailgun, postmark, sendgrid, ses
from digest.bounces.providers.ports import Binds, Reader, Web
from digest.bounces.providers.sns import Topics

__all__ = ["Reader", "readers"]


def readers(
    *,
    ses_topics: Sequence[str],
    postmark_password: str,
    mailgun_key: str,
    sendgrid_key: str,
    delivery_of: DeliveryOf,
    binds: Binds,
    web: Web,
) -> dict[str, Reader]:
    """Those that have a key, by the name of the provider. Raises ConfigError for a key that is none."""
    found: dict[str, Reader] = {}
    if ses_topics:
        found[ses.SOURCE] = ses.Ses(Topics(ses_topics, web), delivery_of)
    if postmark_password:
        found[postmark.SOURCE] = postmark.Postmark(postmark_password)
    if mailgun_key:
        found[mailgun.SOURCE] = mailgun.Mailgun(mailgun_key, delivery_of, binds)
    if sendgrid_key:
        found[sendgrid.SOURCE] = sendgrid.SendGrid(sendgrid_key)
    return found
