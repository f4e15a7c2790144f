"""The archive: every edition as public pages, a feed and a map of them, for whoever serves or writes them.

ledger ──▶ catalogue ──▶ pages (list, editions, pictures), feed, sitemap ──▶ Document ──▶ HTTP, or files
            what is shown      render/online.py, templates/web                  bytes

Only what was frozen is read; the same ledger gives the same bytes.
"""

from digest.archive.archive import Archive
from digest.archive.document import Document

__all__ = ["Archive", "Document"]
