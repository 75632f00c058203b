"""What the operator sets for support, below `/operator/support/`. Imported by Django when it starts."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import TimeField
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as now_
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from cancellations.support.models import ApprovalThreshold, Holiday, OpeningSpan, ReplyTemplate, ResponseTarget
from cancellations.support.replies import FIELDS
from cancellations.support.services.house import (
    remove_setting,
    set_approval_threshold,
    set_holiday,
    set_opening_span,
    set_reply_template,
    set_response_target,
)
from csp_portal.accounts.requests import SignedInRequest
from csp_portal.operator_site import EditableAdmin, OperatorForm, site
from csp_portal.templatetags.portal import day
from csp_portal.territories import currency_choices


class RemovableAdmin(EditableAdmin):
    """Rows that are added, changed and taken away: what they said stays in the log."""

    can_add = True
    change_form_template = "admin/support/removable.html"

    def get_urls(self) -> list[URLPattern]:
        view = require_POST(self.admin_site.admin_view(self.remove_view))
        return [path("<int:row_pk>/remove/", view, name=f"{self.url_name}_remove"), *super().get_urls()]

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        if original := context.get("original"):
            context["remove_address"] = reverse(f"admin:{self.url_name}_remove", args=[original.pk])
        return super().render_change_form(request, context, *args, **kwargs)

    def remove_view(self, request: SignedInRequest, row_pk: int) -> HttpResponseBase:
        """Take the row away."""
        row = get_object_or_404(self.model, pk=row_pk)
        removed = remove_setting(self.model, row.pk, actor=request.user)
        messages.success(request, now_("%(row)s is removed.") % {"row": removed})
        return redirect(f"admin:{self.url_name}_changelist")


class OpeningSpanForm(OperatorForm):
    """Hours of a weekday."""

    closes = forms.TimeField(
        label=_("Closes"),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text=_("00:00 is the end of the day; a night is two entries."),
    )


@admin.register(OpeningSpan, site=site)
class OpeningSpanAdmin(RemovableAdmin):
    form = OpeningSpanForm
    fields = ("weekday", "opens", "closes")
    list_display = ("weekday_name", "opens_at", "closes_at")
    ordering = ("weekday", "opens")

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        if isinstance(db_field, TimeField):
            return db_field.formfield(widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def save_by_service(self, form: Any, obj: Any, *, actor: Any) -> OpeningSpan:
        return set_opening_span(obj and obj.pk, actor=actor, **form.cleaned_data)

    @admin.display(description=_("weekday"), ordering="weekday")
    def weekday_name(self, row: OpeningSpan) -> str:
        return row.get_weekday_display()

    @admin.display(description=_("opens"), ordering="opens")
    def opens_at(self, row: OpeningSpan) -> str:
        return f"{row.opens:%H:%M}"

    @admin.display(description=_("closes"))
    def closes_at(self, row: OpeningSpan) -> str:
        return f"{row.closes:%H:%M}"


@admin.register(Holiday, site=site)
class HolidayAdmin(RemovableAdmin):
    fields = ("day", "name")
    list_display = ("name", "day_of_it")
    ordering = ("-day",)

    def save_by_service(self, form: Any, obj: Any, *, actor: Any) -> Holiday:
        return set_holiday(obj and obj.pk, actor=actor, **form.cleaned_data)

    @admin.display(description=_("day"), ordering="day")
    def day_of_it(self, row: Holiday) -> str:
        return day(row.day)


class ResponseTargetForm(OperatorForm):
    """Hours that are told before the database has to."""

    hours = forms.IntegerField(label=_("Business hours"), min_value=1, max_value=1000)


@admin.register(ResponseTarget, site=site)
class ResponseTargetAdmin(EditableAdmin):
    """One for each impact; none is added and none taken away."""

    form = ResponseTargetForm
    fields = ("impact", "hours")
    readonly_fields = ("impact",)
    list_display = ("impact", "hours")
    ordering = ("hours",)

    def save_by_service(self, form: Any, obj: Any, *, actor: Any) -> ResponseTarget:
        return set_response_target(obj.pk, hours=form.cleaned_data["hours"], actor=actor)


def _fields_named() -> str:
    return ", ".join(f"{{{{ {field} }}}}" for field in FIELDS)


@admin.register(ReplyTemplate, site=site)
class ReplyTemplateAdmin(RemovableAdmin):
    fields = ("name", "language", "text")
    list_display = ("name", "language")
    list_filter = ("language",)
    search_fields = ("name",)
    search_help_text = _("A part of the name.")
    ordering = ("name", "language")

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "text":
            field.help_text = now_("These are filled in: %(fields)s.") % {"fields": _fields_named()}
        return field

    def save_by_service(self, form: Any, obj: Any, *, actor: Any) -> ReplyTemplate:
        return set_reply_template(obj and obj.pk, actor=actor, **form.cleaned_data)


class ApprovalThresholdForm(OperatorForm):
    """A currency of ISO 4217 and an amount."""

    currency = forms.ChoiceField(label=_("Currency"), choices=currency_choices)
    amount = forms.DecimalField(
        label=_("Amount"),
        min_value=0,
        max_digits=16,
        decimal_places=4,
        help_text=_("A refund of more, gross, is approved by two agents. In a currency without an entry every one is."),
    )


@admin.register(ApprovalThreshold, site=site)
class ApprovalThresholdAdmin(RemovableAdmin):
    form = ApprovalThresholdForm
    fields = ("currency", "amount")
    list_display = ("currency", "amount")
    ordering = ("currency",)

    def save_by_service(self, form: Any, obj: Any, *, actor: Any) -> ApprovalThreshold:
        return set_approval_threshold(obj and obj.pk, actor=actor, **form.cleaned_data)
