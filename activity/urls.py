"""Addresses of the activity log."""

from django.urls import path

from activity.views import log

app_name = "activity"
urlpatterns = [path("activity/", log, name="log")]
