"""The configuration: ``load`` reads ``digest.toml`` and the environment, ``show`` and ``schema`` explain it."""

from digest.config.delivering import Delivery, Domain, Smtp
from digest.config.gathering import Exclude, Source
from digest.config.loading import load
from digest.config.remembering import Database
from digest.config.showing import schema, show
from digest.config.tables import (
    WEEKDAYS,
    Config,
    Digest,
    Site,
    Templates,
)
from digest.config.values import Mailbox
from digest.config.web import Web

__all__ = [
    "WEEKDAYS",
    "Config",
    "Database",
    "Delivery",
    "Digest",
    "Domain",
    "Exclude",
    "Mailbox",
    "Site",
    "Smtp",
    "Source",
    "Templates",
    "Web",
    "load",
    "schema",
    "show",
]
