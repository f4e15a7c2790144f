"""What every table of the configuration is: frozen, closed, and silent about its values when it raises."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


def setting(default: object, *, description: str) -> Any:
    """A field whose default is written as in the file, and read like it."""
    return Field(default, description=description)


class Table(BaseModel):
    """One table of ``digest.toml``."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, hide_input_in_errors=True)
