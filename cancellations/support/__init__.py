"""Support requests and their triage (spec 8)."""
