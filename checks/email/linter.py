"""Our own proofreader (``digest.proof``), which has to agree with everybody else."""

from __future__ import annotations

from collections.abc import Iterator

from said import Mails, Said, Tool, written

from digest.proof import proofread


def read(mails: Mails) -> Iterator[Said]:
    for name, data in mails.items():
        found = proofread(data).findings
        yield Said("proof", name, tuple(f"{one.rule.level} {one.rule.name}: {one.what}" for one in found))


TOOL = Tool(
    "proof",
    read,
    broken=written('<p>Hello.</p><img src="http://example.org/a.png"><script>1</script>'),
    complaints=("^error", "^warning"),
)
