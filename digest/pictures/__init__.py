"""Covers made fit for mail, before an edition is frozen: ``gallery`` hangs them, the other modules look and prepare."""
