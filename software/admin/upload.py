"""Pages on which the operator loads a file of rows: the form, what it did, and its bad rows by line."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _


class UploadForm(forms.Form):
    """One CSV file."""

    file = forms.FileField(label=_("CSV file"), max_length=255)


def upload_page(request: HttpRequest, template: str, shown: dict[str, Any]) -> HttpResponse:
    """The page; 400 where the file had bad rows or none was sent."""
    failed = "bad" in shown or bool(shown["form"].errors)
    return render(request, template, shown, status=400 if failed else 200)
