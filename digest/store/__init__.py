"""The ledger that remembers: subscribers, editions and deliveries, through SQLAlchemy Core on SQLite."""
