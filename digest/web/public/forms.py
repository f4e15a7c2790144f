"""What a page was sent: a form, URL-encoded or multipart, or the same as JSON; never more than so many bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.requests import Request

FORM_MAXIMUM = 64_000  # bytes


@dataclass(frozen=True, slots=True)
class Form:
    """Fields by name, each with all its values. What is not there is ""."""

    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """The first value, without blanks around it."""
        return next(iter(self.fields.get(name, ())), "").strip()

    def texts(self, name: str) -> tuple[str, ...]:
        return self.fields.get(name, ())


async def read(request: Request) -> Form:
    """The form of a request. Raises HTTPException: 413 for too much, 415 for another kind of body, 400 for nonsense."""
    raise NotImplementedError
