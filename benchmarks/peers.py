"""Those who send beside ours, each over many connections that stay open: smtp-source, nodemailer's pool, aiosmtplib.

None of them remembers anything: stopped half-way, they could not say who has got it.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import aiosmtplib
from measuring import timed
from sinks import tool

from digest.model import Rendition

HERE = Path(__file__).parent
SENDER = "Example Weekly <weekly@example.org>"
LINK = "https://news.example.org/unsubscribe/"
UNSUBSCRIBE = "digest.mark.unsubscribe."


@dataclass(frozen=True, slots=True)
class Load:
    """What is to be sent: so many messages of one mail, of ``size`` octets, to a port over so many connections."""

    port: int
    connections: int
    messages: int
    made: Rendition
    size: int


def has_smtp_source() -> bool:
    return bool(tool("smtp-source"))


def smtp_source(load: Load) -> float:
    """Postfix's load generator, in C: the same bytes over and over, one command at a time."""
    sessions = ["-d", "-s", str(load.connections), "-m", str(load.messages), "-l", str(load.size)]
    envelope = ["-f", "weekly@example.org", "-t", "reader@example.org"]
    command = [tool("smtp-source"), "-4", *sessions, *envelope, f"127.0.0.1:{load.port}"]
    return timed(lambda: subprocess.run(command, check=True))


def has_nodemailer() -> bool:
    return shutil.which("node") is not None and (HERE / "node_modules/nodemailer").is_dir()


def nodemailer(load: Load, *, raw: bool, rsa_key: str = "") -> float:
    """nodemailer's pool: a message built from html, text and headers for each reader, or one made before. Node's start is
    not counted.
    """
    given = {
        "port": load.port,
        "connections": load.connections,
        "messages": load.messages,
        "from": SENDER,
        "subject": load.made.subject,
        "html": load.made.html,
        "text": load.made.text,
        "mark": UNSUBSCRIBE,
        "link": LINK,
        "raw": raw,
        "key": rsa_key,
    }
    done = subprocess.run(
        ["node", HERE / "pool.mjs"], input=json.dumps(given), capture_output=True, text=True, check=True
    )
    seconds, accepted = json.loads(done.stdout)
    if accepted != load.messages:
        raise SystemExit(f"nodemailer: {accepted} of {load.messages} were accepted")
    return float(seconds)


def plain_loop(load: Load) -> float:
    """What one writes in ten lines of Python: some workers, a connection each, an EmailMessage for each reader."""
    return timed(lambda: asyncio.run(_plain_loop(load)))


async def _plain_loop(load: Load) -> None:
    people = iter(range(load.messages))

    async def work() -> None:
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=load.port, start_tls=False) as client:
            for number in people:
                await client.send_message(_email_message(load.made, number))  # raises when it is not accepted

    await asyncio.gather(*(work() for _ in range(load.connections)))


def _email_message(made: Rendition, number: int) -> EmailMessage:
    link = f"{LINK}{number}"
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = SENDER, f"reader{number}@example.org", made.subject
    mail["List-Unsubscribe"], mail["List-Unsubscribe-Post"] = f"<{link}>", "List-Unsubscribe=One-Click"
    mail.set_content(made.text.replace(UNSUBSCRIBE, link))
    mail.add_alternative(made.html.replace(UNSUBSCRIBE, link), subtype="html")
    return mail
