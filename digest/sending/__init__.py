"""Sending: claim, hand over, record; the only asynchronous part of the product."""
