"""Who has a request open at this moment, so that no two agents answer it at once (S5). A courtesy, not a lock."""

from datetime import datetime, timedelta

from django.core.cache import cache

from csp_portal.accounts.models import User

SEEN_FOR = timedelta(seconds=60)  # after the last time that the page asked


def colleagues_here(number: str, reader: User, now: datetime) -> list[str]:
    """Note that `reader` has the request open; the names of those others who have, too.

    Two who come at the same instant may miss each other, until the page asks again.
    """
    key = f"support-presence:{number}"
    seen: dict[str, tuple[str, datetime]] = cache.get(key) or {}
    others = {who: (name, at) for who, (name, at) in seen.items() if now - at < SEEN_FOR and who != reader.email}
    cache.set(key, {**others, reader.email: (reader.name, now)}, timeout=int(SEEN_FOR.total_seconds()))
    return sorted(name for name, _at in others.values())
