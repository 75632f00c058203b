"""The activity log in the REST API: audit records, exports, saved views and feeds (partner-center-api.md, 10)."""
