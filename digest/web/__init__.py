"""The pages: what a browser sees of digest. ``uvicorn --factory digest.web:create_app`` serves those for readers."""

from digest.web.application import create_app

__all__ = ["create_app"]
