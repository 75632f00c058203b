"""What django-oauth-toolkit asks of us when a client wants a token."""

from typing import Any

from oauth2_provider.oauth2_validators import OAuth2Validator


class ClientValidator(OAuth2Validator):
    """The client credentials grant alone. Tokens are signed, not stored, so a stolen database opens nothing."""

    def validate_scopes(
        self, client_id: str, scopes: list[str], client: Any, request: Any, *args: Any, **kw: Any
    ) -> bool:
        """Clients name the API in many ways (`https://graph.windows.net/.default`); their roles say what they may."""
        return True

    def get_default_scopes(self, client_id: str, request: Any, *args: Any, **kwargs: Any) -> list[str]:
        return []

    def save_bearer_token(self, token: Any, request: Any, *args: Any, **kwargs: Any) -> None:
        """Nothing is kept of a token."""
