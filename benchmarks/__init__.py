"""What the provider costs beside one that does nothing, and beside one as users write it."""
