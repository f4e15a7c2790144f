"""digest: a newsletter digest generator. See ``docs/architecture.md`` for the way through the modules."""
