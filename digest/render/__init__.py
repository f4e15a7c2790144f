"""From an edition to the mail that readers see: subject, preheader, HTML with its styles inlined, and a text part.

Rendering is per edition and selection, never per reader: what is personal stays a mark (``digest.marks``) that a letter
is cut at later.

    Edition ──only(selection)──▶ view ──templates──▶ HTML ──premailer──▶ Rendition
             model               plain, clean        Jinja   styles inline  with marks
"""

from digest.render.look import Look
from digest.render.renderer import Renderer

__all__ = ["Look", "Renderer"]
