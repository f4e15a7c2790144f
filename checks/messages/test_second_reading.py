"""postal-mime reads what we wrote: names, addresses and links of a thousand readers, as a parser of another house sees them.

Node and postal-mime are those of ``checks/email``; ``checks/email/run`` installs them.
"""

from __future__ import annotations

import base64
import html
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from digest.dkim import Kind, generate
from digest.model import Message
from tests.samples import readers
from tests.samples.readers import Reader

COUNT = 1000
PATIENCE = 120  # seconds for all messages together

Read = tuple[tuple[Reader, Message, Any], ...]


@pytest.fixture(scope="module")
def read() -> Read:
    """Each reader and message, and what postal-mime made of its bytes."""
    keys = [generate(kind, domain="example.org", selector=kind.value) for kind in Kind]
    mailed = tuple(readers.mailed(COUNT, keys))
    lines = "".join(f"{base64.b64encode(message.data).decode()}\n" for _, message in mailed)
    script = Path(__file__).with_name("read.mjs")
    done = subprocess.run(
        ["node", script], input=lines, capture_output=True, text=True, timeout=PATIENCE, check=False, encoding="utf-8"
    )
    assert done.returncode == 0, f"checks/email/run installs what is needed: {done.stderr[-2000:]}"
    answers = [json.loads(line) for line in done.stdout.split("\n") if line]
    return tuple((reader, message, answer) for (reader, message), answer in zip(mailed, answers, strict=True))


def test_it_reads_each_name_and_address(read: Read) -> None:
    differing = [
        (answer["to"], reader.name, message.to)
        for reader, message, answer in read
        if answer["to"] != [{"address": message.to, "name": reader.name}]
    ]
    assert differing == []


def test_it_reads_each_name_and_link_in_both_parts(read: Read) -> None:
    for reader, _, answer in read:
        own = reader.links
        assert re.findall(r'<b class="name">([^<]*)</b>', answer["html"]) == [html.escape(reader.name)]
        assert [html.unescape(link) for link in re.findall(r'href="([^"]*)"', answer["html"])] == [
            own.archive,
            own.unsubscribe_page,
            own.preferences,
        ]
        lines = answer["text"].rstrip("\n").split("\n")
        assert lines[:2] == ["Hello", reader.name]
        assert lines[-3:] == [own.unsubscribe_page, own.preferences, own.archive]


def test_it_reads_each_way_out(read: Read) -> None:
    for reader, message, answer in read:
        fields = answer["headers"]
        assert re.findall(r"<([^<>]*)>", fields["list-unsubscribe"]) == [
            reader.links.unsubscribe_page,
            reader.links.unsubscribe_mail,
        ]
        assert fields["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
        assert fields["message-id"] == message.message_id


def test_it_reads_the_attachments_byte_for_byte(read: Read) -> None:
    expected = [base64.b64encode(image.data).decode() for image in readers.RENDITIONS[2].attachments]
    assert [answer["attachments"] for _, _, answer in read[2::3]] == [expected] * len(read[2::3])
    assert all(answer["attachments"] == [] for _, _, answer in (*read[::3], *read[1::3]))
