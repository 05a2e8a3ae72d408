"""The life of an installation: what is declared, what differs, and the calls that follow."""
