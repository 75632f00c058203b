"""Addresses of the activity log, and of what it tells of one key."""

from django.urls import path

from activity.views import find, key, log

app_name = "activity"
urlpatterns = [
    path("activity/", log, name="log"),
    path("activity/find/", find, name="find"),
    path("customers/<uuid:tenant_id>/software/<uuid:purchase_id>/keys/<uuid:key_id>/", key, name="key"),
]
