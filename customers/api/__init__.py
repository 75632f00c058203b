"""Customers in the REST API (partner-center-api.md, 3)."""
