"""A linter for articles: what is wrong with them, by kind, and which files are the worst."""
