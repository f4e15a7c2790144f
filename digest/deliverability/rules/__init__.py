"""The rules: each looks at the facts, touches nothing, and says what is well and what is not."""
