"""Versions of cancellation policies: added from a day on, read, and taken back before their day (C1)."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as now_
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from csp_portal.accounts.requests import SignedInRequest
from csp_portal.calendar_utc import utc_day
from csp_portal.day_field import DayField, keep_what_was_typed
from csp_portal.operator_site import EditableAdmin, OperatorForm, site
from csp_portal.templatetags.portal import day
from software.models import MOST_WINDOW_DAYS, PolicyVersion
from software.models.policies import PolicyVersionQuerySet
from software.services import add_policy_version, withdraw_policy_version
from software.services.policies import refusal_to_withdraw


class PolicyVersionForm(OperatorForm):
    """The terms of a new version; its number comes by itself."""

    window_days = forms.IntegerField(
        label=_("Days after the purchase day"),
        required=False,
        min_value=0,
        max_value=MOST_WINDOW_DAYS,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        help_text=_("It can be cancelled until the end of the last of them (UTC). Empty for what can never be."),
    )
    valid_from = DayField(
        label=_("Valid from (UTC)"),
        help_text=_("Today or later. What was ordered before that day keeps its terms."),
    )

    def clean(self) -> dict[str, Any] | None:
        keep_what_was_typed(self)
        return super().clean()


@admin.register(PolicyVersion, site=site)
class PolicyVersionAdmin(EditableAdmin):
    """What each order line has pinned; a version is added or taken back before its day, never changed."""

    can_add = True
    form = PolicyVersionForm
    change_form_template = "admin/software/policy_version.html"
    row_methods = ["GET", "HEAD"]
    list_display = ("policy", "version", "window_days", "valid_from_day", "when")
    list_filter = ("policy",)
    ordering = ("policy", "-version")

    def get_queryset(self, request: HttpRequest) -> QuerySet[PolicyVersion]:
        """With whether another version has followed it."""
        versions: PolicyVersionQuerySet = PolicyVersion.objects.order_by(*self.ordering)
        return versions.with_followed(utc_day(timezone.now()))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("policy", "window_days", "valid_from") if obj is None else self.list_display

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if obj is None else self.list_display

    def get_urls(self) -> list[URLPattern]:
        view = require_POST(self.admin_site.admin_view(self.withdraw_view))
        return [path("<int:version_pk>/withdraw/", view, name=f"{self.url_name}_withdraw"), *super().get_urls()]

    def save_by_service(self, form: Any, obj: Any, *, actor: Any) -> PolicyVersion:
        return add_policy_version(actor=actor, **form.cleaned_data)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """The page of a version, which offers to take it back or says why not."""
        original = context.get("original")
        context["refusal"] = refusal_to_withdraw(original) if original else None
        return super().render_change_form(request, context, *args, **kwargs)

    def withdraw_view(self, request: SignedInRequest, version_pk: int) -> HttpResponseBase:
        """Take a version back whose day is to come."""
        version = get_object_or_404(PolicyVersion, pk=version_pk)
        withdraw_policy_version(version.pk, actor=request.user)
        messages.success(request, now_("%(version)s is withdrawn.") % {"version": version})
        return redirect("admin:software_policyversion_changelist")

    @admin.display(description=_("valid from"))
    def valid_from_day(self, version: PolicyVersion) -> str:
        return day(version.valid_from)

    @admin.display(description=_("when"))
    def when(self, version: Any) -> str:
        if not version.has_begun(utc_day(timezone.now())):
            return now_("to come")
        return now_("followed by another") if version.followed else now_("counts now")
