"""Addresses of support requests as partners meet them: filing, files, and a request's page."""

from django.urls import URLPattern

app_name = "support"

urlpatterns: list[URLPattern] = []
