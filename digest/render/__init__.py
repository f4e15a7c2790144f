"""From an edition to the mail that readers see: subject, preheader, HTML with its styles inlined, and a text part.

Rendering is per edition and selection, never per reader: what is personal stays a mark (``digest.marks``) that a letter
is cut at later. Cards are rendered and inlined once, whoever selects them, and put together for each selection.

    Edition ──only(selection)──▶ view ──templates──▶ HTML in pieces ──premailer, once a piece──▶ page ──fits?──▶ Rendition
             model               plain, clean        Jinja            inline                       fitting       with marks
"""

from digest.render.renderer import Renderer

__all__ = ["Renderer"]
