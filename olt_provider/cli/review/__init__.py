"""What a preview means on the platform, for the people who review it."""
