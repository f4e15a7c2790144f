"""A mail that breaks no rule, and ways to break one."""

from __future__ import annotations

import quopri
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from digest.proof import Report, proofread

HEADER = """\
Message-ID: <weekly.2025-W49.4d7e1c0a@quay.example.org>
To: reader@example.net
List-Unsubscribe: <https://news.quay.example.org/u/4d7e1c0a>,
 <mailto:leave@quay.example.org?subject=4d7e1c0a>
List-Unsubscribe-Post: List-Unsubscribe=One-Click
From: Quay News <weekly@quay.example.org>
Subject: Quay News #7: The cranes are back
Date: Mon, 08 Dec 2025 07:00:00 +0000
List-Id: <weekly.quay.example.org>
Auto-Submitted: auto-generated
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary="=_quay"
"""

TEXT = """\
Quay News
1-7 December 2025

The cranes are back
After a year in the yard they lift again, taller than before.
https://quay.example.org/posts/cranes?from=mail&copy=2

--
Unsubscribe:
https://news.quay.example.org/u/4d7e1c0a
Quay News, 1 Quay Street, Saltmere
"""

HTML = """\
<!DOCTYPE html>
<html lang="en" dir="ltr">
<head>
<meta charset="utf-8">
<meta name="color-scheme" content="light dark">
<title>Quay News #7: The cranes are back</title>
<!--[if mso]><style>td{font-family:Arial;display:flex}</style><![endif]-->
<style>:root{color-scheme:light dark}
@media (max-width:520px){.cover{display:flex!important}}
@media (prefers-color-scheme:dark){
.ground{background-color:#121315!important}
.sheet{background-color:#1b1d20!important}
.ink{color:#f2f1ee!important}
.tint{color:#87adb2!important}
}
[data-ogsc] .ink{color:#f2f1ee!important}
</style>
</head>
<body class="ground" style="margin:0;background-color:#f4f3ef">
<div style="display:none;mso-hide:all">After a year in the yard they lift again · Ferries run at night &#8199;&#847;</div>
<table role="presentation" class="sheet" width="100%" style="background-color:#ffffff"><tr><td class="ink" style="padding:24px;font-family:Arial,sans-serif;font-size:16px;line-height:1.5;color:#17191c">
<h1 style="font-size:34px;line-height:1.2">Quay News</h1>
<h2>Work</h2>
<a href="https://quay.example.org/posts/cranes" tabindex="-1" aria-hidden="true"><img src="cid:cranes@quay" alt="" width="164" height="92" style="display:block;border:0"></a>
<h3><a class="ink" style="color:#17191c" href="https://quay.example.org/posts/cranes?from=mail&amp;copy=2">The cranes are back</a></h3>
<p style="margin:0 0 12px">After a year in the yard they lift again, taller than before, and the whole of the quay came to see it happen.</p>
<img src="https://quay.example.org/map.png" alt="A map of the quay" width="536" height="281" style="display:block">
<p style="font-size:14px">You get this because you asked for it.
<a class="tint" style="color:#0f5b66" href="https://news.quay.example.org/u/4d7e1c0a">Unsubscribe</a> ·
<a class="tint" style="color:#0f5b66" href="https://news.quay.example.org/7">View online</a></p>
<p style="font-size:14px">Quay News, 1 Quay Street, Saltmere</p>
</td></tr></table>
</body>
</html>
"""


@dataclass(frozen=True)
class Mail:
    header: str = HEADER
    text: str = TEXT
    html: str = HTML
    kind: str = "image/png"

    def _with(self, name: str, old: str, new: str) -> Mail:
        before: str = getattr(self, name)
        assert before.count(old) >= 1, f"{old!r} is not in the sample"
        return replace(self, **{name: before.replace(old, new, 1)})

    def headed(self, old: str, new: str) -> Mail:
        return self._with("header", old, new)

    def worded(self, old: str, new: str) -> Mail:
        return self._with("text", old, new)

    def paged(self, old: str, new: str) -> Mail:
        return self._with("html", old, new)

    @property
    def data(self) -> bytes:
        parts = [
            _part("text/plain; charset=utf-8", self.text),
            'Content-Type: multipart/related; type="text/html"; boundary="=_pictures"\n\n--=_pictures\n'
            + _part("text/html; charset=utf-8", self.html)
            + f"--=_pictures\nContent-Type: {self.kind}\nContent-Transfer-Encoding: base64\n"
            "Content-ID: <cranes@quay>\n\naGVsbG8=\n--=_pictures--\n",
        ]
        body = "".join(f"--=_quay\n{part}" for part in parts) + "--=_quay--\n"
        return f"{self.header}\n{body}".replace("\n", "\r\n").encode("utf-8", "surrogateescape")


def _part(kind: str, text: str) -> str:
    encoded = quopri.encodestring(text.encode()).decode()
    return f"Content-Type: {kind}\nContent-Transfer-Encoding: quoted-printable\n\n{encoded}\n"


Names = Callable[[bytes], list[str]]


def broken(report: Report) -> set[str]:
    return {finding.rule.name for finding in report.findings}


@pytest.fixture
def names() -> Names:
    """The rules that a message breaks, in the order of its findings."""
    return lambda data: [finding.rule.name for finding in proofread(data).findings]
