"""The archive: every edition as public pages, a feed and a map of them, for whoever serves or writes them."""
