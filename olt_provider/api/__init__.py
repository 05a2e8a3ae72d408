"""The OLT platform, typed: usable alone by anyone who writes Python against it."""
