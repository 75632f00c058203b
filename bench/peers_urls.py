"""The addresses of `bench.peers`: the admin, with the log that it keeps itself."""

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.urls import path

admin.site.register(LogEntry)
urlpatterns = [path("admin/", admin.site.urls)]
