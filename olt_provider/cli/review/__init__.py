"""The effects of a preview on the platform, for its reviewers: see ``effects.review``."""
