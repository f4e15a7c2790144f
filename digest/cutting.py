"""Cutting plain text where a reader would: at the end of a sentence, of a word, never inside a character."""
