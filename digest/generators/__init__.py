"""Recognising a site by the generator that makes it: one module for each, and what they have in common."""
