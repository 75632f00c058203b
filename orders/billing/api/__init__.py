"""Invoices, their lines and the balance in the REST API (partner-center-api.md, 8)."""
