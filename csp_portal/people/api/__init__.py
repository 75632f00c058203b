"""The partner itself, its users and their roles in the REST API (partner-center-api.md, 11)."""
