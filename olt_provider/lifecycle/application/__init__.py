"""The life of an application: what is declared, what differs, and the calls that follow."""
