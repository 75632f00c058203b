"""The catalogue and what was bought from it in the REST API (partner-center-api.md, 4 and 6)."""
