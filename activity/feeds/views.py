"""The pages on which feeds of the log are made, seen and ended (A6)."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from activity.feeds import secret_keys
from activity.feeds.forms import ReplayForm, SwitchForm, TokenForm, WebhookChangeForm, WebhookForm
from activity.feeds.models import FeedToken, Webhook
from activity.feeds.services.tokens import make_token, revoke_token
from activity.feeds.services.webhooks import (
    change_webhook,
    make_webhook,
    ping_webhook,
    replace_secret,
    replay_delivery,
)
from csp_portal.accounts.permissions import Permission, role_required
from csp_portal.accounts.requests import SignedInRequest
from csp_portal.errors import Refusal
from csp_portal.pagination import page_of
from software.addresses import absolute


@require_safe
@role_required(Permission.MANAGE_FEEDS)
def feeds(request: SignedInRequest) -> HttpResponse:
    """The tokens of collectors and the webhooks of the organisation."""
    return _feeds(request)


def _feeds(request: SignedInRequest, **forms: Any) -> HttpResponse:
    """The page, with the forms as they were sent where they could not be taken."""
    context = {
        "tokens": FeedToken.objects.visible_to(request.user).live().order_by("made_at", "pk"),
        "webhooks": Webhook.objects.visible_to(request.user).with_dead(),
        "address": absolute(request, "/v1/activity"),
        "token_form": TokenForm(),
        "webhook_form": WebhookForm(),
    }
    return render(request, "activity/feeds/feeds.html", context | forms)


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(Permission.MANAGE_FEEDS)
@never_cache
def new_token(request: SignedInRequest) -> HttpResponse:
    """Make a token, and show it this once."""
    if request.method != "POST":
        return redirect("feeds:feeds")
    form = TokenForm(request.POST)
    if not form.is_valid():
        return _feeds(request, token_form=form)
    try:
        feed, token = make_token(form.cleaned_data["name"], actor=request.user)
    except Refusal as refusal:
        form.add_error(None, refusal.form_error)
        return _feeds(request, token_form=form)
    context = {"feed": feed, "token": token, "address": absolute(request, "/v1/activity")}
    return render(request, "activity/feeds/token.html", context)


@require_POST
@role_required(Permission.MANAGE_FEEDS)
def revoke(request: SignedInRequest, feed_id: UUID) -> HttpResponse:
    """Revoke a token."""
    get_object_or_404(FeedToken.objects.visible_to(request.user), public_id=feed_id)
    feed = _done(request, lambda: revoke_token(feed_id, actor=request.user))
    if feed:
        messages.success(request, _("The token %(name)s opens nothing any more.") % {"name": feed.name})
    return redirect("feeds:feeds")


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(Permission.MANAGE_FEEDS)
@never_cache
def new_webhook(request: SignedInRequest) -> HttpResponse:
    """Make a webhook, and show its secret this once."""
    if request.method != "POST":
        return redirect("feeds:feeds")
    form = WebhookForm(request.POST)
    if not form.is_valid():
        return _feeds(request, webhook_form=form)
    try:
        webhook = make_webhook(form.cleaned_data["url"], form.cleaned_data["wanted"], actor=request.user)
    except Refusal as refusal:
        form.add_error(None, refusal.form_error)
        return _feeds(request, webhook_form=form)
    return _secret(request, webhook)


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(Permission.MANAGE_FEEDS)
def webhook(request: SignedInRequest, webhook_id: UUID) -> HttpResponse:
    """One webhook with its deliveries; POST changes where it is sent, and what, unless somebody else did meanwhile."""
    found = _webhook(request, webhook_id)
    form = WebhookChangeForm(request.POST if request.method == "POST" else None, webhook=found)
    if form.is_valid():
        try:
            change_webhook(webhook_id, **form.cleaned_data, actor=request.user)
        except Refusal as refusal:
            found = _webhook(request, webhook_id)
            form.refuse(refusal, found)
        else:
            messages.success(request, _("The webhook is changed. It counts from the next delivery on."))
            return redirect(found)
    page = page_of(request, found.deliveries.select_related("webhook").newest_first())
    return render(request, "activity/feeds/webhook.html", {"webhook": found, "form": form, "page": page})


@require_POST
@role_required(Permission.MANAGE_FEEDS)
def switch(request: SignedInRequest, webhook_id: UUID) -> HttpResponse:
    """Switch a webhook on or off."""
    found, form = _webhook(request, webhook_id), SwitchForm(request.POST)
    if form.is_valid():
        changed = _done(request, lambda: change_webhook(webhook_id, is_on=form.cleaned_data["on"], actor=request.user))
        if changed:
            is_on = _("The webhook is on. It goes on where it stopped.")
            messages.success(request, is_on if changed.is_on else _("The webhook is off. Nothing is sent to it."))
    return redirect(found)


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(Permission.MANAGE_FEEDS)
@never_cache
def new_secret(request: SignedInRequest, webhook_id: UUID) -> HttpResponse:
    """Give a webhook another secret, and show it this once."""
    found = _webhook(request, webhook_id)
    if request.method != "POST":
        return redirect(found)
    return _secret(request, replace_secret(webhook_id, actor=request.user))


@require_POST
@role_required(Permission.MANAGE_FEEDS)
def ping(request: SignedInRequest, webhook_id: UUID) -> HttpResponse:
    """Send a signed message without rows, and say what became of it."""
    found = _webhook(request, webhook_id)
    answer = _done(request, lambda: ping_webhook(webhook_id, actor=request.user))
    if answer:
        (messages.success if answer.is_taken else messages.error)(request, answer.words)
    return redirect(found)


@require_POST
@role_required(Permission.MANAGE_FEEDS)
def replay(request: SignedInRequest, webhook_id: UUID) -> HttpResponse:
    """Send a delivery again that was given up."""
    found, form = _webhook(request, webhook_id), ReplayForm(request.POST)
    if form.is_valid():
        sequence = form.cleaned_data["sequence"]
        if _done(request, lambda: replay_delivery(webhook_id, sequence, actor=request.user)):
            messages.success(request, _("Delivery %(sequence)s is sent again.") % {"sequence": sequence})
    return redirect(found)


def _webhook(request: SignedInRequest, webhook_id: UUID) -> Webhook:
    return get_object_or_404(Webhook.objects.visible_to(request.user), public_id=webhook_id)


def _secret(request: SignedInRequest, webhook: Webhook) -> HttpResponse:
    context = {"webhook": webhook, "secret": secret_keys.written_secret(webhook.secret)}
    return render(request, "activity/feeds/secret.html", context)


def _done(request: SignedInRequest, act: Callable[[], Any]) -> Any:
    """What `act` answers; None where it was refused, which the next page tells."""
    try:
        return act()
    except Refusal as refusal:
        messages.error(request, str(refusal), extra_tags=refusal.code)
        return None
