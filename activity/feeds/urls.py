"""Addresses of the feeds: the cursor for programs, and the page on which they are made."""

from django.urls import re_path

from activity.feeds import api

app_name = "feeds"
urlpatterns = [
    re_path(r"^v1/activity/?$", api.activity, name="activity"),
]
