"""Support requests in the REST API, where they are called service requests (partner-center-api.md, 9)."""
