"""Forgotten password: ask for a mail, then choose another one (P3)."""

from typing import Any

from allauth.core import ratelimit
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from csp_portal.accounts.forms import EmailForm, NewPasswordForm
from csp_portal.accounts.permissions import public
from csp_portal.accounts.services import request_password_reset, reset_password, user_to_reset
from csp_portal.accounts.views.mailed import mailed_page


@public
@require_http_methods(["GET", "HEAD", "POST"])
def forgotten(request: HttpRequest) -> HttpResponse:
    """Ask for the mail; the answer is the same whether there is such an account or not."""
    form = EmailForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return render(request, "accounts/password_forgotten.html", {"form": form})
    email = form.cleaned_data["email"]
    limited: HttpResponse | None = ratelimit.consume_or_429(request, action="reset_password", key=email.lower())
    if limited:
        return limited
    request_password_reset(email)
    return render(request, "accounts/password_mailed.html", {"email": email})


@public
@require_http_methods(["GET", "HEAD", "POST"])
@mailed_page("accounts/password_over.html")
def choose(request: HttpRequest, **address: Any) -> HttpResponseBase:
    """GET shows the form and changes nothing; POST sets the password, then the user signs in with it."""
    form = NewPasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            reset_password(**address, password=form.cleaned_data["password"])
        except ValidationError as error:
            form.add_error("password", error)
        else:
            messages.success(request, _("Your password is changed. Sign in with the new one."))
            return redirect("account_login")
    person = user_to_reset(**address)
    return render(request, "accounts/password_choose.html", {"form": form, "person": person})
