"""Key pools: loaded and listed, masked; the operator never sees a key, nor whose it became (K2, M7)."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html
from django.utils.translation import gettext as now_
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from csp_portal.operator_site import OperatorAdmin, site
from csp_portal.row_files import BadFile
from csp_portal.templatetags.portal import instant
from software.admin.upload import UploadForm, upload_page
from software.models import ProductKey
from software.services import import_keys


class FindKeyForm(forms.Form):
    """A whole key, pasted; it is sent by POST, for addresses are kept in histories and logs."""

    key = forms.CharField(
        label=_("Whole key"),
        max_length=100,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}, render_value=False),
        help_text=_("It is found by its keyed hash and is neither kept nor shown."),
    )


@admin.register(ProductKey, site=site)
class ProductKeyAdmin(OperatorAdmin):
    """The keys of all pools, each by its last five characters."""

    change_list_template = "admin/software/key_list.html"
    list_display = ("masked_key", "sku", "status", "imported", "allotted", "revoked")
    list_filter = ("status",)
    list_select_related = ("sku",)
    search_fields = ("=last_five",)
    search_help_text = _("The last five characters of a key.")
    sortable_by = ()
    ordering = ("-pk",)
    fields = ("masked_key", "product", "sku", "status", "imported", "allotted", "revoked")
    readonly_fields = fields

    def own_forms(self) -> dict[str, Any]:
        return {"import": self.import_view, "find": self.find_view}

    def import_view(self, request: Any) -> HttpResponse:
        """Load keys; the bad rows stand on the page, each without its key."""
        form = UploadForm(request.POST or None, request.FILES or None)
        shown: dict[str, Any] = {"form": form, "title": _("Import keys"), "opts": self.opts}
        if request.method == "POST" and form.is_valid():
            try:
                count = import_keys(form.cleaned_data["file"], actor=request.user)
            except BadFile as bad:
                shown["bad"] = bad
            else:
                done = ngettext("%(count)s key is loaded.", "%(count)s keys are loaded.", count)
                messages.success(request, done % {"count": count})
                return redirect("admin:software_productkey_changelist")
        return upload_page(request, "admin/software/import_keys.html", shown)

    def find_view(self, request: Any) -> HttpResponse:
        """Find the rows of a pasted key."""
        form = FindKeyForm(request.POST or None)
        shown: dict[str, Any] = {"form": form, "title": _("Find a key"), "opts": self.opts}
        if request.method == "POST" and form.is_valid():
            found = ProductKey.objects.of_key(form.cleaned_data["key"]).select_related("sku")
            shown["found"] = list(found)
            if not shown["found"]:
                form.add_error("key", now_("No pool has this key."))
        return upload_page(request, "admin/software/find_key.html", shown)

    @admin.display(description=_("key"))
    def masked_key(self, key: ProductKey) -> str:
        return format_html('<span class="id">{}</span>', key.masked)

    @admin.display(description=_("imported"))
    def imported(self, key: ProductKey) -> str:
        return instant(key.imported_at)

    @admin.display(description=_("allotted"))
    def allotted(self, key: ProductKey) -> str:
        return instant(key.allotted_at)

    @admin.display(description=_("revoked"))
    def revoked(self, key: ProductKey) -> str:
        return instant(key.revoked_at)
