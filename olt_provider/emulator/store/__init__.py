"""What the emulated platform remembers, in SQLite."""
