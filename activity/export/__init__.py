"""The activity log in files: as CSV, as JSON Lines, and sealed (A2, A5)."""
