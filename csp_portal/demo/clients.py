"""The API clients of the demo. A secret is known when it is made only, so it is noted then; a lost one is replaced."""

from typing import Any

from django.contrib.auth.hashers import check_password

from csp_portal.accounts.models import ApiClient, User
from csp_portal.accounts.services.api_clients import make_client, replace_secret
from csp_portal.demo import cast, notes


def make_clients() -> None:
    """Make those that are not there, and note their secrets."""
    known = {client["client_id"]: client for client in notes.read().get(notes.API_CLIENTS, [])}
    noted = [_noted(given, known) for given in cast.API_CLIENTS]
    if noted != list(known.values()):
        notes.write({**notes.read(), notes.API_CLIENTS: noted})


def _noted(given: cast.DemoApiClient, known: dict[str, dict[str, Any]]) -> dict[str, Any]:
    admin = User.objects.get(email=given.admin)
    client = ApiClient.objects.visible_to(admin).live().filter(name=given.name).first()
    if client is None:
        client, secret = make_client(given.name, roles=given.roles, actor=admin)
    else:
        secret = known.get(client.client_id, {}).get("client_secret", "")
        if not check_password(secret, client.client_secret):
            client, secret = replace_secret(client.client_id, actor=admin)
    return {
        "partner": client.partner.legal_name,
        "tenant_id": str(client.partner.public_id),
        "client_id": client.client_id,
        "client_secret": secret,
        "roles": list(given.roles),
    }
