"""Importing customers in two steps: check a file, then add what was checked (U4)."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from csp_portal.accounts.permissions import Permission, role_required
from csp_portal.accounts.requests import SignedInRequest
from csp_portal.guids import guid_of
from csp_portal.row_files import BadFile, RowError
from customers import import_file, uploads
from customers.forms import ImportForm
from customers.services import ImportPlan, check_import, import_customers, plan_import

METHODS = ["GET", "HEAD", "POST"]
ROWS_SHOWN = 100  # of new and of differing customers; the file itself has them all
ERRORS_SHOWN = 1000


@dataclass(frozen=True)
class Part:
    """The first rows of many, and how many more there are."""

    shown: Sequence[Any]
    more: int

    @classmethod
    def of(cls, rows: Sequence[Any], most: int) -> "Part":
        return cls(rows[:most], max(0, len(rows) - most))


@require_http_methods(METHODS)
@role_required(Permission.ADD_CUSTOMERS)
def choose(request: SignedInRequest) -> HttpResponse:
    """Take a file and check it; nothing is added yet."""
    form = ImportForm(request.POST, request.FILES) if request.method == "POST" else ImportForm()
    errors: tuple[RowError, ...] = ()
    if form.is_valid():
        try:
            plan = check_import(form.cleaned_data["file"].file, actor=request.user)
        except BadFile as bad:
            errors = bad.errors
        else:
            upload_id = uploads.keep(uploads.Upload(form.file_name, plan.rows), request.user)
            return redirect(f"{reverse('customers:import_check')}?{urlencode({'upload': upload_id})}")
    context = {"form": form, "errors": Part.of(errors, ERRORS_SHOWN), "rules": import_file}
    return render(request, "customers/import.html", context)


@require_http_methods(METHODS)
@role_required(Permission.ADD_CUSTOMERS)
def check(request: SignedInRequest) -> HttpResponse:
    """Show what the checked file would add; add exactly that. The file is kept for an hour, for its sender only."""
    upload_id = guid_of(request.POST.get("upload") or request.GET.get("upload", ""))
    upload = uploads.kept(upload_id, request.user) if upload_id else None
    if upload is None:
        messages.error(request, _("The check of this file is over an hour old, so it is forgotten. Choose it again."))
        return redirect("customers:import")
    try:
        if request.method == "POST":
            done = import_customers(upload.rows, file_name=upload.file_name, actor=request.user)
            messages.success(request, _told(done))
            return redirect("customers:list")
        found = _planned(plan_import(upload.rows, actor=request.user))
    except BadFile as bad:
        found = {"errors": Part.of(bad.errors, ERRORS_SHOWN)}
    return render(request, "customers/import_check.html", {"upload": upload, "upload_id": upload_id, **found})


@require_safe
@role_required(Permission.ADD_CUSTOMERS)
def example(request: SignedInRequest) -> HttpResponse:
    """A file that can be imported, to start from."""
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="customers-example.csv"'
    response.write("\ufeff")  # so that spreadsheets read it as UTF-8
    csv.writer(response).writerows(import_file.EXAMPLE)
    return response


def _planned(plan: ImportPlan) -> dict[str, Any]:
    return {
        "plan": plan,
        "new": Part.of(plan.new, ROWS_SHOWN),
        "differing": Part.of(plan.differing, ROWS_SHOWN),
    }


def _told(plan: ImportPlan) -> str:
    """What an import did."""
    there = len(plan.already)
    if not plan.new:
        return ngettext(
            "Nothing was added: the one customer of the file was there already.",
            "Nothing was added: all %(there)s customers of the file were there already.",
            there,
        ) % {"there": there}
    added = len(plan.new)
    return ngettext("%(added)s customer was added.", "%(added)s customers were added.", added) % {"added": added}
