"""How often somebody may call: so many times in each minute of the clock (partner-center-api.md, 1.9).

Counted in Redis by one command, so that calls at once are all counted, and it costs the same however many there were.
"""

from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.utils import timezone
from rest_framework.throttling import BaseThrottle

from activity.middleware import address_of

MINUTE = 60  # seconds


class CountedThrottle(BaseThrottle):
    """Lets `most` calls through in a minute, for each `name_of` who calls."""

    def most(self) -> int:
        raise NotImplementedError

    def name_of(self, request: Any) -> str:
        raise NotImplementedError

    def allow_request(self, request: Any, view: Any) -> bool:
        """Whether this call is one of those that its caller may make in this minute."""
        key = f"{self.name_of(request)}:{int(timezone.now().timestamp()) // MINUTE}"
        cache.add(key, 0, timeout=2 * MINUTE)
        return bool(cache.incr(key) <= self.most())

    def wait(self) -> float:
        """Seconds until the next minute."""
        return MINUTE - timezone.now().timestamp() % MINUTE


class PartnerThrottle(CountedThrottle):
    """All clients of a partner together."""

    def most(self) -> int:
        return settings.API_CALLS_PER_MINUTE

    def name_of(self, request: Any) -> str:
        return f"api-calls:{request.user.partner_id}"


class TokenThrottle(CountedThrottle):
    """How often one address may ask for tokens: so many wrong secrets a minute, and no more."""

    def most(self) -> int:
        return settings.API_TOKENS_PER_MINUTE

    def name_of(self, request: Any) -> str:
        return f"api-tokens:{address_of(request)}"
