"""Review previews: their effects on the platform. The entry point is ``effects.review``."""
