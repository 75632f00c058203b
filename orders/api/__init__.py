"""Carts and orders in the REST API (partner-center-api.md, 5 and 6)."""
