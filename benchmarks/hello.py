"""The least that Starlette can do, served as ``digest serve`` is: what the server itself costs.

python benchmarks/hello.py PORT
"""

from __future__ import annotations

import asyncio
import sys

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from digest.sending import running
from digest.web.serving import answer, listen


async def hello(_request: Request) -> PlainTextResponse:
    return PlainTextResponse("hello")


async def serve(port: int) -> None:
    with listen("127.0.0.1", port) as listening:
        await answer(Starlette(routes=[Route("/", hello)]), listening, asyncio.Event())


if __name__ == "__main__":
    running.run(serve(int(sys.argv[1])))
