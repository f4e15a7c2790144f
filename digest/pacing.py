"""How fast: limits of servers and domains, and how they give way to what servers say. Pure."""
