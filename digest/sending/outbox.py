"""Messages leave into files: one .eml for each, with CRLF lines as they would go over the wire."""

from __future__ import annotations

from pathlib import Path

from digest.model import Message


def write(message: Message, folder: Path) -> Path:
    """Writes a message under its Message-ID, which names no person; the same message overwrites itself."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{message.message_id.strip('<>').partition('@')[0]}.eml"
    file.write_bytes(message.data)
    return file
