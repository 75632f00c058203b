"""What the operator keeps of the catalogue, below `/operator/software/`. Imported by Django when it starts."""

from software.admin import builds, catalogue, keys, markets, policies, prices

__all__ = ["builds", "catalogue", "keys", "markets", "policies", "prices"]
