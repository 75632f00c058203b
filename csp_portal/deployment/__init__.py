"""How the portal is run for real: nginx's configuration and what the containers need (docs/production.md)."""
