"""Keeping the log for years: its months made ahead, old ones dropped, and IP addresses removed after 24 months (A4)."""
