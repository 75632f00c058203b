"""Addresses of the operator's queue of support requests."""

from django.urls import URLPattern

app_name = "queue"

urlpatterns: list[URLPattern] = []
