"""A customer's Software tab: what was bought, its keys and downloads, and the way to cancel it (K1)."""
