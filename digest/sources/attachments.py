"""Cover images read from disk, to travel inside a mail."""

from __future__ import annotations

import hashlib
from pathlib import Path

from digest.errors import SourceError
from digest.model import Attachment

ATTACHMENT_MAXIMUM = 1_000_000  # bytes; forty of them would still pass a server that takes 50 MB
_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
)


def attach(file: str) -> Attachment:
    """The image with a Content-ID made of its content: the same picture twice travels once.

    Raises SourceError for a file that cannot be read, is too large, or is no picture that every mail program shows.
    """
    path = Path(file)
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= ATTACHMENT_MAXIMUM else b""
    except OSError as error:
        raise SourceError(f"cover image {path.name} cannot be read: {error.strerror}") from error
    if size > ATTACHMENT_MAXIMUM:
        raise SourceError(
            f"cover image {path.name} has {size:,} bytes and is left out",
            hint=f"make it smaller than {ATTACHMENT_MAXIMUM:,} bytes",
        )
    media_type = next((kind for start, kind in _SIGNATURES if data.startswith(start)), None)
    if media_type is None:
        raise SourceError(
            f"cover image {path.name} is not a PNG, JPEG or GIF and is left out", hint="mail programs show no others"
        )
    return Attachment(f"{hashlib.sha256(data).hexdigest()[:32]}@covers", media_type, data)
