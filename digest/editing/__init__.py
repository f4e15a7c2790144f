"""An edition edited by hand: the proposed list as a file, and what a person wrote into it read again."""
