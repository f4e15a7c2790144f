"""Styles written into the tags they style: the one owner of premailer.

What premailer's defaults would break, and why each is set otherwise:

- ``strip_important`` takes ``!important`` out of the rules for dark mode and small screens, which then lose against the
  inlined ones; ``remove_classes`` takes away what those rules select by.
- ``disable_basic_attributes``: it would write ``width="100%"`` and ``height="auto"`` over the numbers that Outlook needs.
- ``allow_network``, ``allow_loading_external_files``: rendering reads templates and nothing else.
- ``<style data-premailer="ignore">`` is left alone; premailer would drop each selector in it that matches nothing now.
- What cssutils cannot read in a style sheet is passed over in silence, as a browser would.
"""

from __future__ import annotations

import logging

from premailer import Premailer

from digest.errors import RenderError


def inlined(html: str) -> str:
    """The page with its style sheets inlined, else unchanged; the same page gives the same bytes. Raises RenderError."""
    if "<body" not in html:
        raise RenderError("edition.html has no <body>", hint='extend "digest/edition.html", or write a whole page')
    page: str = Premailer(
        html,
        strip_important=False,
        remove_classes=False,
        allow_network=False,
        allow_loading_external_files=False,
        disable_validation=True,
        disable_basic_attributes=["align", "bgcolor", "height", "valign", "width"],
        align_floating_images=False,
        cssutils_logging_level=logging.CRITICAL,
    ).transform(pretty_print=False)
    return page
