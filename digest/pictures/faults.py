"""What can be wrong with a picture: a value that travels from where it is found to where it is reported."""

from __future__ import annotations


class PictureError(Exception):
    """A picture that cannot be shown, or about which nothing could be found out.

    ``what`` completes the sentence "the cover image … …". ``host`` is "" where the picture itself is at fault; else it
    is the host that gave no answer, and the fault may pass. ``unknown`` says that this machine knows no such host.
    """

    def __init__(self, what: str, hint: str = "", *, host: str = "", unknown: bool = False) -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint
        self.host = host
        self.unknown = unknown
