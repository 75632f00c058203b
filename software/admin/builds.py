"""Builds: uploaded, and given another file where the first was wrong (M7)."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from csp_portal.operator_site import EditableAdmin, OperatorForm, site
from csp_portal.templatetags.portal import bytes_filter, instant
from csp_portal.territories import language_name
from software.models import Build, Kind, Product
from software.services import import_build, replace_build_file


class BuildForm(OperatorForm):
    """A build with its file."""

    file = forms.FileField(
        label=_("File"),
        max_length=255,
        help_text=_(
            "It is hashed while it is stored. Very large files are loaded more surely by manage.py import_build."
        ),
    )

    class Meta:
        model = Build
        fields = ("product", "version", "language", "file_type")


class ReplaceForm(OperatorForm):
    """Another file in the place of the one that a build has."""

    file = forms.FileField(
        label=_("Another file"),
        max_length=255,
        help_text=_("It takes the old one's place at once: downloads that were begun from that close by themselves."),
    )

    class Meta:
        model = Build
        fields: tuple[str, ...] = ()


@admin.register(Build, site=site)
class BuildAdmin(EditableAdmin):
    """The files of the products."""

    can_add = True
    list_display = ("product", "version", "language_of", "file_type", "file_name", "size_of", "imported")
    list_filter = ("language", "file_type")
    list_select_related = ("product",)
    search_fields = ("product__title", "=product__product_id", "file_name", "=sha256", "version")
    ordering = ("-imported_at", "-pk")
    about = ("product", "version", "language_of", "file_type", "file_name", "size_of", "sha256", "imported")

    def get_form(self, request: Any, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change=change, **{**kwargs, "form": ReplaceForm if obj else BuildForm})

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (*self.about, "file") if obj else ("product", "version", "language", "file_type", "file")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.about if obj else ()

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Only products that come with downloads can be chosen (M1)."""
        with_downloads = [kind for kind in Kind if kind.is_software]
        return super().formfield_for_foreignkey(
            db_field, request, queryset=Product.objects.filter(kind__in=with_downloads), **kwargs
        )

    def save_by_service(self, form: Any, obj: Any, *, actor: Any) -> Build:
        given = dict(form.cleaned_data)
        if obj is not None:
            return replace_build_file(obj.public_id, given["file"], actor=actor)
        return import_build(given.pop("file"), product_id=given.pop("product").product_id, actor=actor, **given)

    @admin.display(description=_("language"), ordering="language")
    def language_of(self, build: Build) -> str:
        return f"{build.language}, {language_name(build.language)}"

    @admin.display(description=_("size"), ordering="size")
    def size_of(self, build: Build) -> str:
        return bytes_filter(build.size)

    @admin.display(description=_("imported"), ordering="imported_at")
    def imported(self, build: Build) -> str:
        return instant(build.imported_at)
