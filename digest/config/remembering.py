"""Where everything is remembered, and how many workers share it."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, ValidationInfo, field_validator

from digest.config.base import Table
from digest.config.values import Count, Door


class Database(Table):
    """Where subscribers, editions and deliveries are remembered."""

    url: str = Field(
        "sqlite:///digest.db",
        description="A SQLite file, relative to this file, or a PostgreSQL database: postgresql://user@host/name.",
    )

    @field_validator("url")
    @classmethod
    def _url(cls, value: str, info: ValidationInfo) -> str:
        scheme, separator, name = value.partition("://")
        if scheme in {"postgresql", "postgres"} and separator:
            return f"postgresql://{name}"
        if not separator or scheme != "sqlite":
            raise ValueError(
                "expected sqlite:///FILE or postgresql://USER@HOST/NAME"
            )  # what stands there may hold a password
        if not name.startswith("/") or name in {"/", "/:memory:"}:
            raise ValueError(f"names no file: {value!r}; for example sqlite:///digest.db")
        return f"sqlite:///{(info.context or {}).get('folder', Path()) / name[1:]}"


class Worker(Table):
    """How `digest worker` takes its part of the work; there can be any number of them, on PostgreSQL."""

    slice: Count = Field(1000, description="Deliveries of one job.")
    jobs: Count = Field(1, description="Jobs that one worker has in hand at a time.")
    status: Door = Field(
        "", description='Where it tells its health and metrics over HTTP: "127.0.0.1:9100"; "" nowhere.'
    )
