"""The API clients of an organisation, managed by its Global admins (spec 1, X3)."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from activity.models import Action
from csp_portal.accounts.models import ApiClient
from csp_portal.accounts.permissions import Permission, role_required
from csp_portal.accounts.reasons import API_CLIENT_CHANGED_MEANWHILE
from csp_portal.accounts.requests import SignedInRequest
from csp_portal.accounts.services.api_clients import change_client, make_client, replace_secret, revoke_client
from csp_portal.errors import Refusal
from csp_portal.people.client_forms import ClientForm, NewClientForm
from csp_portal.people.not_saved import not_saved
from customers.models import Customer
from software.addresses import absolute

_managed = role_required(Permission.MANAGE_API_CLIENTS, refused=Action.API_CLIENT_REFUSED)


@require_safe
@role_required(Permission.MANAGE_API_CLIENTS)
def client_list(request: SignedInRequest) -> HttpResponse:
    """The clients that stand; of them there is a limit, so they need no pages."""
    clients = list(ApiClient.objects.visible_to(request.user).live().with_roles())
    return render(request, "api_clients/clients.html", {"clients": clients, "address": absolute(request, "/v1/")})


@require_http_methods(["GET", "HEAD", "POST"])
@_managed
@never_cache
def new_client(request: SignedInRequest) -> HttpResponse:
    """Make a client, and show its secret this once."""
    form = NewClientForm(request.POST or None, reader=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            client, secret = make_client(form.cleaned_data["name"], actor=request.user, **form.chosen())
        except Refusal as refusal:
            form.add_error(None, refusal.form_error)
        else:
            return _secret(request, client, secret)
    return render(request, "api_clients/new.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@_managed
def client(request: SignedInRequest, client_id: str) -> HttpResponse:
    """One client; POST gives it other roles."""
    shown = _held(request, client_id)
    form = ClientForm(request.POST or None, reader=request.user, client=shown)
    if request.method == "POST" and form.is_valid():
        try:
            change_client(client_id, actor=request.user, **form.changed())
        except Refusal as refusal:
            form.add_error(None, refusal.form_error)
            if refusal.reason == API_CLIENT_CHANGED_MEANWHILE:
                return _as_now(request, client_id, form)
        else:
            messages.success(request, _("The API client %(name)s is saved.") % {"name": shown.name})
            return redirect(shown)
    return _client(request, shown, form)


@require_POST
@_managed
@never_cache
def new_secret(request: SignedInRequest, client_id: str) -> HttpResponse:
    """Give the client another secret, and show it this once."""
    get_object_or_404(ApiClient.objects.visible_to(request.user), client_id=client_id)
    return _secret(request, *replace_secret(client_id, actor=request.user))


@require_POST
@_managed
def revoke(request: SignedInRequest, client_id: str) -> HttpResponse:
    """Revoke the client."""
    get_object_or_404(ApiClient.objects.visible_to(request.user), client_id=client_id)
    revoked = revoke_client(client_id, actor=request.user)
    messages.success(request, _("The API client %(name)s opens nothing any more.") % {"name": revoked.name})
    return redirect("api_clients:list")


def _held(request: SignedInRequest, client_id: str) -> ApiClient:
    clients = ApiClient.objects.visible_to(request.user).live().with_roles()
    held: ApiClient = get_object_or_404(clients, client_id=client_id)
    return held


def _as_now(request: SignedInRequest, client_id: str, refused: ClientForm) -> HttpResponse:
    """The form as the client is now: what was asked for stands beside it, so that one more click lifts no limit."""
    shown = _held(request, client_id)
    form = ClientForm(reader=request.user, client=shown)
    return _client(request, shown, form, refused=refused, not_saved=not_saved(refused, form))


def _client(request: SignedInRequest, shown: ApiClient, form: ClientForm, **refused: Any) -> HttpResponse:
    limited_to = Customer.objects.visible_to(request.user).names_of(shown.user.limited_to)
    context = {"client": shown, "form": form, "limited_to": sorted(limited_to.values())}
    return render(request, "api_clients/client.html", context | refused)


def _secret(request: SignedInRequest, client: ApiClient, secret: str) -> HttpResponse:
    context = {"client": client, "secret": secret, "address": absolute(request, "/oauth2/token")}
    return render(request, "api_clients/secret.html", context)
