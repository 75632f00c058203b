"""The outbox as the operator sees it, below `/operator/mail/`: what was not sent, why, and another try (X5)."""

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.defaultfilters import linebreaksbr
from django.template.loader import render_to_string
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from csp_portal.accounts.requests import SignedInRequest
from csp_portal.mail.models import Mail, MailQuerySet, MailState
from csp_portal.mail.upkeep import refusal_to_try, try_again, try_all_again
from csp_portal.operator_site import OperatorAdmin, site
from csp_portal.templatetags.portal import badge, instant


class StateFilter(admin.SimpleListFilter):
    """Mails to be sent, sent, or given up."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(MailState.choices)

    def queryset(self, request: HttpRequest, queryset: Any) -> MailQuerySet:
        found: MailQuerySet = queryset.in_state(self.value() or "")
        return found


@admin.register(Mail, site=site)
class MailAdmin(OperatorAdmin):
    """Mails, read only. Those that were not sent can be tried again, one or all."""

    list_display = ("subject", "to", "shown_state", "queued", "attempts", "last_error")
    list_filter = (StateFilter,)
    search_fields = ("subject", "to")
    ordering = ("-queued_at", "-pk")
    fields = (
        *("subject", "to", "shown_state", "last_error", "attempts"),
        *("queued", "next_try", "sent", "shown_text"),
    )
    change_form_template = "admin/mail/change_form.html"
    change_list_template = "admin/mail/change_list.html"

    @admin.display(description=gettext_lazy("state"))
    def shown_state(self, mail: Mail) -> str:
        return render_to_string("partials/badge.html", badge(mail.state.tone, mail.state.label))

    @admin.display(description=gettext_lazy("queued"), ordering="queued_at")
    def queued(self, mail: Mail) -> str:
        return instant(mail.queued_at)

    @admin.display(description=gettext_lazy("next try"))
    def next_try(self, mail: Mail) -> str:
        return instant(mail.next_try_at)

    @admin.display(description=gettext_lazy("sent"))
    def sent(self, mail: Mail) -> str:
        return instant(mail.sent_at)

    @admin.display(description=gettext_lazy("text"))
    def shown_text(self, mail: Mail) -> str:
        return linebreaksbr(mail.text_without_address)

    def get_urls(self) -> list[URLPattern]:
        gated = self.admin_site.admin_view
        one = require_POST(gated(self.try_again_view))
        every = require_POST(gated(self.try_all_again_view))
        return [
            path("try-again/", every, name="mail_mail_try_all_again"),
            path("<uuid:mail_id>/try-again/", one, name="mail_mail_try_again"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list, which offers to try again what was not sent."""
        return super().changelist_view(request, {"in_trouble": Mail.objects.in_trouble().exists()})

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """The page of a mail, which offers to try it again or says why not."""
        context["refusal"] = refusal_to_try(context["original"])
        return super().render_change_form(request, context, *args, **kwargs)

    def try_again_view(self, request: SignedInRequest, mail_id: UUID) -> HttpResponseBase:
        """Try one mail again; its page then tells how it went."""
        mail = get_object_or_404(Mail, public_id=mail_id)
        try_again(mail.public_id, actor=request.user)
        messages.success(request, _("The mail is on its way; this page tells how it went."))
        return redirect("admin:mail_mail_change", mail.pk)

    def try_all_again_view(self, request: SignedInRequest) -> HttpResponseBase:
        """Try all that was not sent again."""
        count = try_all_again(actor=request.user)
        told = ngettext("%(count)s mail is tried again.", "%(count)s mails are tried again.", count)
        messages.success(request, told % {"count": count})
        return redirect("admin:mail_mail_changelist")
