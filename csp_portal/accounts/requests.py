"""The request of a view behind `role_required`, for the type checker."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from csp_portal.accounts.models import User


class SignedInRequest(HttpRequest):
    """A request whose user is signed in."""

    user: User
    htmx: HtmxDetails
