"""What the tests of the operator's pages of the catalogue share: their addresses, and files to send."""

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse


def listed(model):
    return reverse(f"admin:software_{model}_changelist")


def page_of(model, row):
    return reverse(f"admin:software_{model}_change", args=[row.pk])


def sent(text, name="rows.csv"):
    return SimpleUploadedFile(name, text.encode(), content_type="text/csv")
