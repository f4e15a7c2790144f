"""Writes the sample editions as files, for whatever looks at them."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.samples import mails

folder = Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
for name, data in mails().items():
    (folder / f"{name}.eml").write_bytes(data)
