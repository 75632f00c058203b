"""Addresses of the activity log, and of what it tells of one key."""

from django.urls import path

from activity.views import delete, find, key, log, rename, save

app_name = "activity"
urlpatterns = [
    path("activity/", log, name="log"),
    path("activity/find/", find, name="find"),
    path("activity/views/save/", save, name="save_view"),
    path("activity/views/rename/", rename, name="rename_view"),
    path("activity/views/delete/", delete, name="delete_view"),
    path("customers/<uuid:tenant_id>/software/<uuid:purchase_id>/keys/<uuid:key_id>/", key, name="key"),
]
