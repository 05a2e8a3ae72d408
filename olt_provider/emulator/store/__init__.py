"""The data of the emulated platform, in SQLite."""
