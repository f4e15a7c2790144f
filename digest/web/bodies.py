"""What a request carries: never more than so many bytes, and never waited for longer than so long."""

from __future__ import annotations

import asyncio

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

ARRIVING = 20  # seconds for all of it: enough for any form, and for the reports of providers

_CLOSE = {"Connection": "close"}  # the rest of it is not read


async def body_of(request: Request, maximum: int) -> bytes:
    """Raises HTTPException: 413 for more than that, without waiting for all of it, 408 for what does not come."""
    body = bytearray()
    try:
        async with asyncio.timeout(ARRIVING):
            async for chunk in request.stream():
                body += chunk
                if len(body) > maximum:
                    raise HTTPException(413, headers=_CLOSE)
    except TimeoutError as error:
        raise HTTPException(408, headers=_CLOSE) from error
    except ClientDisconnect as error:
        raise HTTPException(400) from error  # nobody is there to read it
    return bytes(body)


def wants_json(request: Request) -> bool:
    """Who sends JSON, or would rather read it than a page."""
    sent, wanted = request.headers.get("content-type", ""), request.headers.get("accept", "")
    return sent.lower().startswith("application/json") or ("application/json" in wanted and "text/html" not in wanted)
