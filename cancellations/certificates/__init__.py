"""Certificates of cancellation (C9)."""
