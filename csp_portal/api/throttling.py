"""How often a partner may call: 500 times a minute, all its clients together (partner-center-api.md, 1.9)."""

from typing import Any

from django.conf import settings
from rest_framework.throttling import SimpleRateThrottle

from activity.middleware import address_of


class PartnerThrottle(SimpleRateThrottle):
    scope = "partner"

    def get_rate(self) -> str:
        return f"{settings.API_CALLS_PER_MINUTE}/min"

    def get_cache_key(self, request: Any, view: Any) -> str | None:
        """Counted by partner; a call that comes without a client is refused before."""
        return f"api-calls:{request.user.partner_id}"


class TokenThrottle(SimpleRateThrottle):
    """How often one address may ask for tokens: so many wrong secrets a minute, and no more."""

    scope = "token"

    def get_rate(self) -> str:
        return f"{settings.API_TOKENS_PER_MINUTE}/min"

    def get_cache_key(self, request: Any, view: Any) -> str | None:
        return f"api-tokens:{address_of(request)}"
