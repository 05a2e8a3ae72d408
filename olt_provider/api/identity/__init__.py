"""The token endpoint of the identity server, a Keycloak with the realm ``olt``."""
