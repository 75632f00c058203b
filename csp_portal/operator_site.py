"""The operator's Django admin below `/operator/`: entered by the portal's own door, shown in the portal's frame (P3).

Django brings the lists, filters and forms; what is saved goes through a service, which checks and records it. Nothing
is deleted here, for all of it has history. Django's own log of changes stays empty: the activity log is the only one.
"""

from abc import abstractmethod
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib.admin import AdminSite, ModelAdmin
from django.contrib.admin.options import ShowFacets
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.utils.text import capfirst
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from csp_portal.accounts.permissions import Permission, role_required
from csp_portal.errors import Refusal
from csp_portal.pagination import ROWS_PER_PAGE, CappedPaginator
from csp_portal.text_errors import TEXT_ERRORS

_SAFE_METHODS = ["GET", "HEAD"]
_FORM_METHODS = [*_SAFE_METHODS, "POST"]


class OperatorSite(AdminSite):
    """An admin without a sign-in page of its own: every view stands behind `role_required`."""

    enable_nav_sidebar = False

    def has_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_authenticated and request.user.may(Permission.KEEP_HOUSE))

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Any:
        """The view behind the portal's gate: nobody goes to the sign-in page, another role meets the refusal."""
        return role_required(Permission.KEEP_HOUSE)(view if cacheable else never_cache(view))

    def get_urls(self) -> list[Any]:
        """The first page, a page for each app, and what each model has; nothing of Django's own accounts."""
        patterns: list[URLPattern | URLResolver] = [path("", require_safe(self.admin_view(self.index)), name="index")]
        for model, admin in self._registry.items():
            folder = f"{model._meta.app_label}/{model._meta.model_name}/"
            patterns.append(path(folder, include(admin.get_urls())))
        labels = "|".join(sorted({model._meta.app_label for model in self._registry}))
        of_app = require_safe(self.admin_view(self.app_index))
        return [*patterns, re_path(rf"^(?P<app_label>{labels})/$", of_app, name="app_list")]


site = OperatorSite()


class OperatorForm(forms.ModelForm):
    """A form whose service may refuse: the refusal then stands on it as its error."""

    refusal: Refusal | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.error_messages.update(TEXT_ERRORS)
        # What the database would refuse the service tells in a sentence of its own.
        self.instance.validate_constraints = lambda exclude=None: None

    def clean(self) -> dict[str, Any] | None:
        if self.refusal is not None:
            raise forms.ValidationError(str(self.refusal), code=self.refusal.code)
        return super().clean()


class OperatorAdmin(ModelAdmin):
    """What the operator sees of one model: its list and its rows, to read."""

    row_methods = _SAFE_METHODS
    actions = None
    list_per_page = ROWS_PER_PAGE
    list_max_show_all = 0
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    paginator = CappedPaginator

    # Who may: the gate has let in an Operator admin, who may all that the class allows.

    def has_module_permission(self, request: HttpRequest) -> bool:
        return True

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    # Addresses

    def get_urls(self) -> list[URLPattern]:
        """The list, the model's own forms, and the page of a row."""
        name = self.url_name
        gated = self.admin_site.admin_view
        form_gate, row_gate = require_http_methods(_FORM_METHODS), require_http_methods(self.row_methods)
        return [
            path("", require_safe(gated(self.changelist_view)), name=f"{name}_changelist"),
            *(
                path(f"{address}/", form_gate(gated(view)), name=f"{name}_{address}")
                for address, view in self.own_forms().items()
            ),
            path("<path:object_id>/change/", row_gate(gated(self.change_view)), name=f"{name}_change"),
        ]

    @property
    def url_name(self) -> str:
        """What the names of its addresses begin with."""
        return f"{self.opts.app_label}_{self.opts.model_name}"

    def own_forms(self) -> dict[str, Callable[..., HttpResponse]]:
        """Forms of the model that belong to no single row, by their part of the address."""
        return {}

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The row; 404 where there is none."""
        found = super().get_object(request, object_id, from_field)
        if found is None:
            raise Http404
        return found

    # Looks

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        title = capfirst(self.opts.verbose_name_plural)
        response = super().changelist_view(request, {"title": title, **(extra_context or {})})
        context = getattr(response, "context_data", None) or {}
        if "cl" in context:
            context["page"] = context["cl"].paginator.get_page(context["cl"].page_num)
        return response


class EditableAdmin(OperatorAdmin):
    """What the operator keeps: rows are changed, and added where `can_add` says so, through a service."""

    can_add = False
    row_methods = _FORM_METHODS
    form = OperatorForm

    @abstractmethod
    def save_by_service(self, form: Any, obj: Any, *, actor: Any) -> models.Model:
        """Make (`obj` is None) or change `obj` with the form's cleaned data; answers the row. May raise Refusal."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.can_add

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    def get_urls(self) -> list[URLPattern]:
        """With the form that adds, where there is one."""
        if not self.can_add:
            return super().get_urls()
        view = require_http_methods(_FORM_METHODS)(self.admin_site.admin_view(self.add_view))
        return [path("add/", view, name=f"{self.url_name}_add"), *super().get_urls()]

    def changeform_view(
        self, request: Any, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """Show or save the form; with what a service refuses, show it again with the reason.

        Django's own method would put a transaction around it, and undo the log's row of the refusal with the rest.
        """
        within: Any = self._changeform_view  # type: ignore[attr-defined]  # what Django's own method calls
        try:
            return within(request, object_id, form_url, extra_context)
        except Refusal as refusal:
            request.refusal = refusal
            return within(request, object_id, form_url, extra_context)

    def get_form(self, request: Any, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        return type(form.__name__, (form,), {"refusal": getattr(request, "refusal", None)})

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        saved = self.save_by_service(form, obj if change else None, actor=request.user)
        obj.pk = saved.pk
        obj.refresh_from_db()

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Nothing: the service has recorded it."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Nothing: the service has recorded it."""

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """The field with the browser's own date picker, and without buttons that open other forms beside it."""
        if isinstance(db_field, models.DateField) and not isinstance(db_field, models.DateTimeField):
            return db_field.formfield(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if isinstance(field, forms.ModelChoiceField) and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
        return field
