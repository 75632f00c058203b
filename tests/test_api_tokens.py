"""Tokens of the API: how clients ask for them, and which ones are good (X3, P4)."""

import base64
import json

import pytest
from django.test import Client
from jwcrypto import jwk, jwt

from activity.models import Action, Event
from csp_portal.accounts.permissions import Role
from csp_portal.accounts.services.api_clients import replace_secret, revoke_client
from csp_portal.api import tokens
from csp_portal.api.oauth.views import USUAL_RESOURCE
from tests.api import Caller, refusal_of
from tests.factories import PartnerFactory

pytestmark = pytest.mark.django_db
ADDRESS = "/customers"


@pytest.fixture
def caller(clock, global_admin):
    return Caller(global_admin, Role.ADMIN_AGENT)


def ask(path, **form):
    return Client(raise_request_exception=False).post(path, {"grant_type": "client_credentials", **form})


def credentials(caller):
    return {"client_id": caller.client.client_id, "client_secret": caller.secret}


def claims(token):
    return json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/{tenant}/oauth2/token", {"resource": USUAL_RESOURCE}),
        ("/fabrikam.example/oauth2/v2.0/token", {"scope": "https://api.partnercenter.microsoft.com/.default"}),
        ("/fabrikam.example/oauth2/v2.0/token", {"scope": "https://graph.windows.net/.default"}),
        ("/oauth2/token", {}),
        ("/OAuth2/Token/", {}),
        ("/fabrikam.example//oauth2/v2.0/token", {}),
    ],
)
def test_each_client_gets_a_token_in_its_own_form(caller, clock, path, form):
    answer = ask(path.format(tenant=caller.client.partner.public_id), **form, **credentials(caller))
    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert (body["token_type"], body["expires_in"], body["ext_expires_in"]) == ("Bearer", "3600", "3600")
    assert (body["not_before"], body["expires_on"]) == ("1579867200", "1579870800")
    assert body["resource"] == USUAL_RESOURCE
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Pragma"] == "no-cache"
    said = claims(body["access_token"])
    assert (said["exp"], said["appid"]) == (1579870800, caller.client.client_id)
    assert said["tid"] == str(caller.client.partner.public_id)
    caller.token = body["access_token"]
    assert caller.get(ADDRESS).status_code == 200


def test_a_secret_in_the_header_is_as_good(caller):
    pair = base64.b64encode(f"{caller.client.client_id}:{caller.secret}".encode()).decode()
    answer = Client().post(
        "/oauth2/token", {"grant_type": "client_credentials"}, headers={"Authorization": f"Basic {pair}"}
    )
    assert answer.status_code == 200


def test_a_request_names_one_client_so_that_no_others_log_tells_of_it(caller, stranger):
    other = Caller(stranger, Role.ADMIN_AGENT, name="他社")
    pair = base64.b64encode(f"{caller.client.client_id}:{caller.secret}".encode()).decode()
    before = Event.objects.count()
    for named in (other.client.client_id, "nobody"):
        form = {"grant_type": "client_credentials", "client_id": named}
        headers = {"Authorization": f"Basic {pair}"}
        answer = Client(raise_request_exception=False).post("/oauth2/token", form, headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert Event.objects.count() == before
    form = {"grant_type": "client_credentials", "client_id": caller.client.client_id}
    assert Client().post("/oauth2/token", form, headers={"Authorization": f"Basic {pair}"}).status_code == 200


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "nobody"}, 401, "invalid_client"),
        ({"client_id": "\0"}, 401, "invalid_client"),
        ({"grant_type": "password", "username": "a", "password": "b"}, 400, "unsupported_grant_type"),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, 400, "unsupported_grant_type"),
        ({"grant_type": ""}, 400, "unsupported_grant_type"),
    ],
)
def test_what_is_wrong_with_a_request_for_a_token_is_told(caller, form, status, error):
    answer = ask("/oauth2/token", **{**credentials(caller), **form})
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.json()["error_description"]
    assert "access_token" not in answer.json()


def test_the_tenant_in_the_address_is_the_clients_own(caller):
    other_partner = PartnerFactory()
    answer = ask(f"/{other_partner.public_id}/oauth2/token", **credentials(caller))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_tokens_and_refusals_are_in_the_log(caller):
    ask("/oauth2/token", **credentials(caller))
    ask("/oauth2/token", **{**credentials(caller), "client_secret": "wrong"})
    told = Event.objects.filter(action__in=[Action.API_TOKEN_MADE, Action.API_TOKEN_REFUSED]).order_by("pk")
    assert [(row.action, row.actor_kind, row.actor_id) for row in told] == [
        ("api_token_made", "api_client", caller.user.public_id),
        ("api_token_refused", "api_client", caller.user.public_id),
    ]
    assert not any(caller.secret in str(row.details) for row in told)


def test_a_token_is_good_for_an_hour(caller, clock):
    caller.token = tokens.make_token(caller.client, USUAL_RESOURCE)
    clock.set("2020-01-24T12:59:59Z")
    assert caller.get(ADDRESS).status_code == 200
    clock.set("2020-01-24T13:00:00Z")
    assert refusal_of(caller.get(ADDRESS)) == (401, "400", "token_wrong")


def test_without_a_token_nothing_is_told(client, customer):
    for headers in ({}, {"Authorization": "Basic eDp5"}, {"Authorization": "Bearer "}):
        answer = client.get("/v1/customers", headers=headers)
        assert refusal_of(answer) == (401, "800001", "token_missing")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_session_of_a_browser_opens_no_endpoint(client, agent):
    client.force_login(agent)
    assert client.get("/v1/customers").status_code == 401


def _forged(caller, key=None, **changed):
    """The caller's token with other claims, signed by a key of somebody else's."""
    key = key or jwk.JWK.generate(kty="OKP", crv="Ed25519")
    made = jwt.JWT(
        header={"alg": "EdDSA", "kid": tokens.signing_keys()[0]["kid"]}, claims={**claims(caller.token), **changed}
    )
    made.make_signed_token(key)
    return made.serialize()


def _of_another_portal(caller):
    """Of one that shares its signing key with this one, such as a copy for tests."""
    return _forged(caller, tokens.signing_keys()[0], iss="https://test.portal.example")


def _unsigned(caller, algorithm):
    head = base64.urlsafe_b64encode(json.dumps({"alg": algorithm, "typ": "JWT"}).encode()).decode().rstrip("=")
    return f"{head}.{caller.token.split('.')[1]}."


def _by_public_key(caller):
    """HS256 with the public key as the secret: what a careless reader takes for signed."""
    public = tokens.signing_keys()[0].export_public(as_dict=True)["x"]
    key = jwk.JWK(kty="oct", k=public)
    made = jwt.JWT(header={"alg": "HS256"}, claims=claims(caller.token))
    made.make_signed_token(key)
    return made.serialize()


@pytest.mark.parametrize(
    "forge",
    [
        _forged,
        _of_another_portal,
        lambda caller: _unsigned(caller, "none"),
        lambda caller: _unsigned(caller, "None"),
        lambda caller: _unsigned(caller, "EdDSA"),
        _by_public_key,
        lambda caller: caller.token[:-4] + "AAAA",
        lambda caller: "x.y.z",
        lambda caller: "." * 5000,
        lambda caller: "é" * 20,
    ],
)
def test_a_forged_token_is_refused(caller, forge):
    caller.token = forge(caller)
    assert refusal_of(caller.get(ADDRESS)) == (401, "400", "token_wrong")


def test_a_revoked_client_is_refused_at_once(caller, global_admin):
    assert caller.get(ADDRESS).status_code == 200
    revoke_client(caller.client.client_id, actor=global_admin)
    assert refusal_of(caller.get(ADDRESS)) == (401, "400", "token_wrong")
    assert ask("/oauth2/token", **credentials(caller)).json()["error"] == "invalid_client"


def test_with_another_secret_the_old_one_and_its_tokens_are_dead_at_once(caller, global_admin, clock):
    caller.token = tokens.make_token(caller.client, USUAL_RESOURCE)
    clock.set("2020-01-24T12:00:00.5Z")
    _client, secret = replace_secret(caller.client.client_id, actor=global_admin)
    assert refusal_of(caller.get(ADDRESS)) == (401, "400", "token_wrong")
    assert ask("/oauth2/token", **credentials(caller)).status_code == 401
    assert ask("/oauth2/token", client_id=caller.client.client_id, client_secret=secret).status_code == 200


def test_a_key_that_is_rotated_out_is_no_longer_trusted(caller, settings):
    old = settings.API_TOKEN_KEYS
    new = base64.urlsafe_b64encode(bytes([7]) * 32).decode()
    settings.API_TOKEN_KEYS = [new, *old]
    assert caller.get(ADDRESS).status_code == 200
    settings.API_TOKEN_KEYS = [new]
    assert refusal_of(caller.get(ADDRESS)) == (401, "400", "token_wrong")
    assert [key["kid"] for key in Client().get("/oauth2/keys").json()["keys"]] == [tokens.signing_keys()[0]["kid"]]


def test_public_keys_hold_no_private_one():
    (key,) = Client().get("/oauth2/keys").json()["keys"]
    assert "d" not in key
    assert (key["kty"], key["crv"]) == ("OKP", "Ed25519")


def test_too_many_tokens_from_one_address_are_told_when_to_come_again(caller, settings):
    settings.API_TOKENS_PER_MINUTE = 2
    answers = [ask("/oauth2/token", **credentials(caller)) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert 1 <= int(answers[2].headers["Retry-After"]) <= 60
