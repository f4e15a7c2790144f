"""Where the files are that travel with the package: templates, sample articles, the sample list of subscribers."""

from __future__ import annotations

from pathlib import Path


def bundled(name: str) -> Path:
    """The path of a bundled file or folder: beside the package in a checkout, inside it in an installed wheel."""
    package = Path(__file__).parent
    installed = package / "bundle_data" / name
    return installed if installed.exists() else package.parent / name
