"""The pages for readers: subscribe, confirm, choose, leave."""
