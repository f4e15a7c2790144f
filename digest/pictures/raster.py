"""Draws an SVG: a program of its own, for a drawing can ask for hours, or for all memory, and then resvg ends its process.

    python raster.py WIDTH HEIGHT MEMORY < drawing.svg > picture.png

The picture fits into a box of these pixels; memory is in bytes.
"""

from __future__ import annotations

import contextlib
import resource
import sys

import resvg_py


def main() -> None:
    width, height, memory = map(int, sys.argv[1:])
    for kind, most in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CORE, 0)):
        with contextlib.suppress(OSError, ValueError):  # not every system lets itself be limited
            resource.setrlimit(kind, (most, most))
    svg = sys.stdin.buffer.read().decode()
    sys.stdout.buffer.write(resvg_py.svg_to_bytes(svg_string=svg, width=width, height=height))


if __name__ == "__main__":
    main()
