"""The partners that the operator keeps: their own data here, limits and Global admins on pages beside it (P5)."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from csp_portal.accounts.models import Partner
from csp_portal.accounts.services import change_partner, create_partner
from csp_portal.operator_site import EditableAdmin, site

USERS_SHOWN = 100  # on a partner's page


@admin.register(Partner, site=site)
class PartnerAdmin(EditableAdmin):
    """Partners with what stands on landing pages and on invoices to come."""

    can_add = True
    list_display = ("legal_name", "tax_id", "support_name", "support_email", "created_at")
    search_fields = ("legal_name", "tax_id", "support_email")
    fields = ("legal_name", "address", "tax_id", "support_name", "support_email", "support_phone")

    def save_by_service(self, form: Any, obj: Any, *, actor: Any) -> Partner:
        if obj is None:
            return create_partner(actor=actor, **form.cleaned_data)
        return change_partner(obj.pk, actor=actor, **form.cleaned_data)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> Any:
        """The form, and below it the limits, users and open invitations."""
        partner = self.get_object(request, object_id)
        users = list(partner.users.with_roles()[: USERS_SHOWN + 1])
        around = {
            "partner": partner,
            "accounts": partner.accounts.order_by("currency"),
            "users": users[:USERS_SHOWN],
            "has_more_users": len(users) > USERS_SHOWN,
            "invitations": partner.invitations.waiting(),
        }
        return super().change_view(request, object_id, form_url, {**around, **(extra_context or {})})
