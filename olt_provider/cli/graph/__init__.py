"""``olt graph``: a picture of who can use what."""
