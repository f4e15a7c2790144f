"""Several processes that send as one."""
