"""A folder with a configuration in it, and a way to ask what is wrong with one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from digest.config import Config, load
from digest.errors import ConfigError

Load = Callable[..., Config]
Faults = Callable[..., tuple[str, ...]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("posts", "more"):
        (tmp_path / name).mkdir()
    return tmp_path


@pytest.fixture
def loaded(folder: Path) -> Load:
    """Loads a text as ``digest.toml``, with an environment that holds nothing else than what is given."""

    def read(text: str, environ: Mapping[str, str] | None = None) -> Config:
        path = folder / "digest.toml"
        path.write_text(text, encoding="utf-8")
        return load(path, environ or {})

    return read


@pytest.fixture
def faults_of(loaded: Load) -> Faults:
    def refused(text: str, environ: Mapping[str, str] | None = None) -> tuple[str, ...]:
        with pytest.raises(ConfigError) as caught:
            loaded(text, environ)
        assert caught.value.exit_code == 78
        assert "pydantic" not in str(caught.value)
        assert caught.value.__cause__ is None
        assert caught.value.__context__ is None
        return caught.value.faults

    return refused
