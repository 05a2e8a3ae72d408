"""``olt adopt``: writes the program that adopts existing applications."""
