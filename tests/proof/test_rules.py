"""Each rule has a mail that breaks it and nothing else, and the sample that they are made from breaks none."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from digest.proof import RULES, Part, proofread
from digest.proof.linking import LINK_DEAD, LINK_UNSURE, broken_by
from tests.proof.conftest import HTML, TEXT, Mail, broken

Change = Callable[[Mail], Mail | bytes]
MAIL = Mail()
MAP = 'src="https://quay.example.org/map.png"'
END = "</td></tr></table>\n</body>"
TITLE = (
    '<a class="ink" style="color:#17191c" href="https://quay.example.org/posts/cranes?from=mail&amp;copy=2">The cranes'
)
LONG = "word " * 30


def headed(old: str, new: str) -> Change:
    return lambda mail: mail.headed(old, new)


def worded(old: str, new: str) -> Change:
    return lambda mail: mail.worded(old, new)


def paged(old: str, new: str) -> Change:
    return lambda mail: mail.paged(old, new)


def added(html: str) -> Change:
    """At the end of the page."""
    return paged(END, html + END)


def styled(css: str) -> Change:
    return paged(":root{", f"{css}:root{{")


def raw(old: bytes, new: bytes) -> Change:
    def change(mail: Mail) -> bytes:
        assert old in mail.data
        return mail.data.replace(old, new, 1)

    return change


def without(line: str) -> Change:
    return headed(f"{line}\n", "")


def deep(mail: Mail) -> Mail:
    return mail.paged(END, f"{'<div>' * 300}x{'</div>' * 300}{END}")


def only(part: str) -> Change:
    """The message with one body, and nothing around it."""

    def change(mail: Mail) -> bytes:
        header, _, _ = mail.header.partition("Content-Type:")
        text = mail.text if part == "plain" else mail.html.replace("cid:cranes@quay", "https://quay.example.org/c.png")
        plain = text.encode("ascii", "xmlcharrefreplace").decode()
        return f"{header}Content-Type: text/{part}; charset=utf-8\n\n{plain}".replace("\n", "\r\n").encode()

    return change


CHANGES: dict[str, Change] = {
    # the header
    "header-missing": without("Date: Mon, 08 Dec 2025 07:00:00 +0000"),
    "header-once": headed("Date:", "Subject: Another one\nDate:"),
    "header-broken": lambda mail: b"From weekly@quay.example.org Mon Dec  8 07:00:00 2025\r\n" + mail.data,
    "header-ascii": raw(b"Subject: Quay", b"Subject: K\xc3\xa4y"),
    "header-width": headed("The cranes are back", f"The cranes are {'back ' * 16}"),
    "line-length": headed("Date:", f"X-Trace: {'a' * 1000}\nDate:"),
    "newline": raw(b"Date: Mon, 08 Dec 2025 07:00:00 +0000\r\n", b"Date: Mon, 08 Dec 2025 07:00:00 +0000\n"),
    "from": headed("<weekly@quay.example.org>", "<weekly@quay.example.org>, desk@quay.example.org"),
    "recipient": headed("reader@example.net", "reader@example.net, other@example.net"),
    "bcc": headed("Date:", "Bcc: other@example.net\nDate:"),
    "date": headed("Mon, 08 Dec 2025 07:00:00 +0000", "yesterday"),
    "message-id": headed("<weekly.2025-W49.4d7e1c0a@quay.example.org>", "weekly.2025-W49"),
    "message-id-domain": headed("4d7e1c0a@quay.example.org>", "4d7e1c0a@mail.example.net>"),
    "list-id": headed("<weekly.quay.example.org>", "weekly"),
    "auto-replies": without("Auto-Submitted: auto-generated"),
    "dkim-covers": headed("Message-ID:", "DKIM-Signature: v=1; a=rsa-sha256; h=from:subject;\n b=x\nMessage-ID:"),
    "subject-empty": headed("Quay News #7: The cranes are back", ""),
    "subject-long": headed("The cranes are back", f"The cranes\n{' are back again' * 5}\n{' are back again' * 4}"),
    "subject-coded": headed("The cranes are back", "=?utf-8?q?The_cranes_are_back"),
    # how to leave
    "list-unsubscribe": headed(">,\n <mailto:", ">,\n <https://quay.example.org/u>,\n <mailto:"),
    "list-unsubscribe-broken": headed("<mailto:leave", "<mailto:\n leave"),
    "one-click": lambda mail: mail.headed("<https://news.quay.example.org/u/4d7e1c0a>,\n ", "").headed(
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click\n", ""
    ),
    "unsubscribe-mail": headed(",\n <mailto:leave@quay.example.org?subject=4d7e1c0a>", ""),
    "list-unsubscribe-post": headed("=One-Click", "=one-click"),
    "unsubscribe-link": lambda mail: mail.paged("Unsubscribe</a>", "Settings</a>").paged(
        "https://news.quay.example.org/u/4d7e1c0a", "https://news.quay.example.org/settings"
    ),
    "view-online": paged("View online", "Look at it there"),
    # MIME
    "alternative": headed("multipart/alternative", "multipart/mixed"),
    "text-missing": only("html"),
    "charset": raw(b"text/plain; charset=utf-8", b"text/plain; charset=iso-8859-1"),
    "encoding": lambda mail: mail.data.replace(
        b"text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable",
        b"text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit",
    ).replace(b"copy=3D2", b"copy=2").replace(b"from=3Dmail", b"from=mail"),
    "encoded-lines": raw(b"Quay News\r\n1-7", b"Quay News" + b"=20" * 30 + b"\r\n1-7"),
    "mime-broken": raw(b"--=_quay--\r\n", b""),
    # the document
    "lang": paged('<html lang="en"', "<html"),
    "dir": paged('lang="en" dir="ltr"', 'lang="ar"'),
    "title": paged("<title>Quay News #7: The cranes are back</title>", "<title> </title>"),
    "heading-first": added("<h1>Another</h1>"),
    "heading-order": paged("<h2>Work</h2>", ""),
    "table-role": added("<table><tr><td>One</td></tr></table>"),
    # images
    "image-alt": paged(' alt="A map of the quay"', ""),
    "image-width": paged('width="536"', 'width="100%"'),
    "image-height": paged('height="281"', ""),
    "image-source": paged(MAP, 'src="http://quay.example.org/map.png"'),
    "image-embedded": paged("cid:cranes@quay", "cid:lost@quay"),
    "image-block": paged('height="92" style="display:block;border:0"', 'height="92" style="border:0"'),
    "image-border": paged('height="92" style="display:block;border:0"', 'height="92" style="display:block"'),
    "image-format": paged("map.png", "map.svg?v=2"),
    "image-webp": lambda mail: Mail(kind="image/webp"),
    # links
    "link-name": paged(' tabindex="-1" aria-hidden="true"', ""),
    "link-vague": paged(TITLE, TITLE.replace("The cranes", "Click here</a> <a href='https://quay.example.org/x'>The")),
    "link-http": added('<a class="ink" style="color:#17191c" href="http://quay.example.org/">The harbour</a>'),
    "link-scheme": added('<a class="ink" style="color:#17191c" href=" java&#10;script:alert(1)">The harbour</a>'),
    "link-mismatch": added('<a class="ink" style="color:#17191c" href="https://x.example/">www.bank.example</a>'),
    "link-relative": added('<a class="ink" style="color:#17191c" href="/posts/harbour">The harbour</a>'),
    "link-empty": added('<a class="ink" style="color:#17191c" href="">The harbour</a>'),
    "link-anchor": added('<a class="ink" style="color:#17191c" href="#harbour">The harbour</a>'),
    # words
    "template-value": added("<p>None</p>"),
    "template-address": added('<a class="ink" style="color:#17191c" href="{{ url }}">The harbour</a>'),
    "template-braces": added("<p>Dear {{ name }}</p>"),
    "mark-left": added("<p>Dear digest.mark.name.</p>"),
    "escaped-twice": added("<p>Fish &amp;amp; chips</p>"),
    # what runs
    "script": added("<script>1</script>"),
    "form": added("<form></form>"),
    "embed": added('<iframe src="https://quay.example.org/"></iframe>'),
    "handler": paged("<h2>", '<h2 onclick="x()">'),
    "stylesheet": paged("<title>", '<link rel="stylesheet" href="https://quay.example.org/x.css"><title>'),
    # reading
    "preheader-missing": paged('<div style="display:none;mso-hide:all">', "<div hidden></div><div>"),
    "preheader-length": paged("they lift again · Ferries run at night", ""),
    "hidden-text": paged("display:none;mso-hide:all", "display:none;font-size:1px"),
    "text-small": added("<p style='font-size:11px'>Small print</p>"),
    "text-body": added(f"<p style='font-size:15px'>{LONG * 3}</p>"),
    "line-height": added(f"<p style='line-height:1.2'>{LONG}</p>"),
    # colours
    "contrast-light": added("<p class='ink' style='color:#949494'>Some more words</p>"),
    "contrast-dark": styled("@media (prefers-color-scheme:dark){h2{color:#555555!important}}"),
    "contrast-forced": added("<p style='background:#7c7c7c;color:#000000'>Some more words</p>"),
    "dark-page": paged(".ground{background-color:#121315!important}", ""),
    "dark-missing": lambda mail: mail.paged('<meta name="color-scheme" content="light dark">', "").paged(
        HTML[HTML.index("<style>:root") : HTML.index("</style>\n</head>")], "<style>"
    ),
    # clients
    "css-layout": paged("<h2>", '<h2 style="display:flex">'),
    "css-looks": paged("<h2>", '<h2 style="margin:1rem 0">'),
    "css-comment": styled("/* the looks */"),
    "outlook-padding": paged("<h2>", '<h2 style="padding:0 0 8px">'),
    # sizes
    "size-clipped": added("<p>Some words.</p>\n" * 6_000),
    "style-size": styled(".none{color:red}\n" * 1_200),
    "deep": deep,
    # the text part
    "text-html": worded("The cranes are back", "<p>The cranes</p><br><p>are back</p>"),
    "text-unsubscribe": worded("Unsubscribe:\nhttps://news.quay.example.org/u/4d7e1c0a\n", ""),
    "text-width": worded("taller than before", "taller than before, and the whole of the quay came to see it"),
    "text-blank": worded("\n\nThe cranes", "\n\n\n\nThe cranes"),
    # what no parser can read
    "unreadable": lambda mail: Mail(html=" "),
}  # fmt: skip

ONLINE = {LINK_DEAD.name, LINK_UNSURE.name}  # the network's to tell


def test_a_good_mail_breaks_no_rule() -> None:
    report = proofread(MAIL.data)
    assert report.findings == ()
    assert report.well
    assert report.subject == "Quay News #7: The cranes are back"
    assert report.sender == "Quay News <weekly@quay.example.org>"
    assert report.preheader == "After a year in the yard they lift again · Ferries run at night"
    assert report.html == HTML
    assert report.text.strip() == TEXT.strip()
    assert report.message_bytes == len(MAIL.data)
    assert report.html_bytes >= len(HTML.encode())


def test_every_rule_has_a_mail_that_breaks_it() -> None:
    assert {rule.name for rule in RULES} == set(CHANGES) | ONLINE
    assert len({rule.name for rule in RULES}) == len(RULES)


@pytest.mark.parametrize("name", CHANGES)
def test_a_rule_is_broken_by_its_mail_and_no_other_rule_is(name: str) -> None:
    changed = CHANGES[name](MAIL)
    report = proofread(changed.data if isinstance(changed, Mail) else changed)
    assert broken(report) == {name}
    for finding in report.findings:
        assert finding.what
        assert "\n" not in finding.what
        assert finding.rule.advice
        assert finding.rule.source
        assert not finding.path or finding.part is Part.HTML


@pytest.mark.parametrize(
    ("status", "rule"),
    [(200, None), (304, None), (404, "link-dead"), (410, "link-dead"), (403, "link-unsure"), (503, "link-unsure")],
)
def test_what_is_gone_is_dead_and_what_refuses_programs_is_not(status: int, rule: str | None) -> None:
    found = broken_by(status)
    assert (found.name if found else None) == rule
