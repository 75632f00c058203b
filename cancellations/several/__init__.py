"""Cancelling several lines of a customer in one go (C8)."""
