"""The table of ``digest.toml`` about the public pages, and the key that signs the links to them."""

from __future__ import annotations

from ipaddress import ip_network
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator

from digest.config.base import Table, setting
from digest.config.values import Count, Door, Duration, Line, Positive, RelativePath, WebAddress, Words

_NETWORK = "expected an address or a network, such as 127.0.0.1 or 10.0.0.0/8"
SECRET_KEY_MINIMUM = 32  # characters; `digest init` writes 64


class Web(Table):
    """The public pages, and the key that signs the links to them."""

    url: WebAddress = Field(
        "",
        max_length=200,
        description="Where `digest serve` is reached; unset: mails offer mailto links alone.",
    )
    secret_key: SecretStr = setting("", description="Key that signs links; better in secret_key_file.")
    secret_key_file: RelativePath = setting(
        "digest.key", description="File with the key that signs links, the newest in the last line."
    )

    trusted_proxies: Words = Field(
        (), description="Addresses or networks of the proxies whose X-Forwarded-For and -Proto are believed."
    )
    origins: Words = Field((), description="Sites whose own forms may subscribe people, as https://www.example.org.")
    confirm_within: Positive = setting("7d", description="How long a link that confirms something works.")
    filling: Duration = setting("2s", description="Nobody fills in the form more quickly than that.")
    per_client: Count = Field(
        10, description="Subscriptions that may be asked for from one internet address in an hour."
    )
    blocked_domains: Words = Field((), description="Domains whose addresses cannot be subscribed on the page.")
    consent: Line = Field("", description="What people agree to on the page; unset: a sentence with the site's name.")
    privacy_url: WebAddress = Field("", description="The site's page about privacy, linked on every page.")
    status: Door = Field(
        "", description='Where `digest serve` tells its health and metrics: "127.0.0.1:9101"; "" nowhere.'
    )
    index: bool = Field(True, description="Whether search engines may list the archive.")

    @field_validator("origins")
    @classmethod
    def _origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        """Scheme and host alone (RFC 6454): that is all a browser says of the page it comes from."""
        origins = tuple(origin.removesuffix("/") for origin in value)
        for origin in origins:
            parts = urlsplit(origin)
            if parts.scheme not in {"http", "https"} or origin != f"{parts.scheme}://{parts.netloc}".lower():
                raise ValueError(f"expected a site without a path, such as https://www.example.org, found {origin!r}")
        return origins

    @field_validator("trusted_proxies")
    @classmethod
    def _trusted_proxies(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for network in value:
            try:
                ip_network(network)
            except ValueError as error:
                raise ValueError(f"{_NETWORK}, found {network!r}") from error
        return value

    @field_validator("blocked_domains")
    @classmethod
    def _blocked_domains(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(domain.lower().lstrip("@.") for domain in value)

    @field_validator("secret_key")
    @classmethod
    def _secret_key(cls, value: SecretStr) -> SecretStr:
        if 0 < len(value.get_secret_value()) < SECRET_KEY_MINIMUM:
            raise ValueError(f"needs at least {SECRET_KEY_MINIMUM} characters")
        return value
