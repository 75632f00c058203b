"""Cancelling in the REST API, what was bought, and subscriptions (partner-center-api.md, 6.1, 6.2, 6.3, 7)."""
