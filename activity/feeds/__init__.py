"""The log for other programs: a cursor that collectors read, and signed webhooks (A6)."""
