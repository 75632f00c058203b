"""Who calls: the API client whose token comes with the call (X3, P4)."""

from typing import Any

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from csp_portal.accounts.models import ApiClient, User
from csp_portal.accounts.services.api_clients import note_use
from csp_portal.api.errors import CHALLENGE
from csp_portal.api.reasons import TOKEN_MISSING, TOKEN_WRONG
from csp_portal.api.tokens import TokenWrong, read_token
from csp_portal.errors import Refusal


class TokenAuthentication(BaseAuthentication):
    """A bearer token alone: sessions of browsers open no endpoint, so no form of another site can call one."""

    def authenticate(self, request: Request) -> tuple[User, ApiClient]:
        """The user that the client acts as, and the client. Raises Refusal."""
        scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise Refusal(TOKEN_MISSING)
        client = client_of(token.strip())
        if client is None:
            raise Refusal(TOKEN_WRONG)
        note_use(client)
        return client.user, client

    def authenticate_header(self, request: Any) -> str:
        return CHALLENGE


def client_of(token: str) -> ApiClient | None:
    """The client that a token was given to, while both are good."""
    try:
        read = read_token(token)
    except TokenWrong:
        return None
    client = ApiClient.objects.select_related("user__partner").filter(client_id=read.client_id).first()
    return client if client and client.accepts(read.secret_made_at) else None
