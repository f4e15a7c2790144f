"""How a value of a configuration is written in TOML."""

from __future__ import annotations

from typing import Any

import tomlkit


def written(value: Any) -> str:
    """A plain value (text, number, truth, list, table) on one line of TOML; raises ValueError for any other."""
    match value:
        case dict():
            pairs = (f"{tomlkit.key(str(key)).as_string()} = {written(inner)}" for key, inner in value.items())
            return f"{{ {', '.join(pairs)} }}" if value else "{}"
        case list() | tuple():
            return f"[{', '.join(written(inner) for inner in value)}]"
        case float() if value.is_integer():
            return str(int(value))
        case _:
            text: str = tomlkit.item(value).as_string()
            return text
