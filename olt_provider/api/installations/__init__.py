"""``/applications``: installing applications in the acting tenant."""
