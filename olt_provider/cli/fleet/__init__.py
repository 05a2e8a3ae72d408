"""``olt fleet``: runs a stack of applications, and a stack of installations per tenant group."""
