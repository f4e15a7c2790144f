"""Articles out of feeds: ``polling`` asks for them, ``parsing`` reads them, ``source`` makes articles of their entries."""
