"""Addresses of the activity log, and of what it tells of one key."""

from django.urls import path

from activity.export.views import download, export, exported
from activity.views import delete, find, key, log, rename, save, verifier

app_name = "activity"
urlpatterns = [
    path("activity/", log, name="log"),
    path("activity/find/", find, name="find"),
    path("activity/export/", export, name="export"),
    path("activity/export/<uuid:export_id>/", exported, name="exported"),
    path("activity/export/<uuid:export_id>/file/", download, name="export_file"),
    path("activity/verify.py", verifier, name="verifier"),
    path("activity/views/save/", save, name="save_view"),
    path("activity/views/rename/", rename, name="rename_view"),
    path("activity/views/delete/", delete, name="delete_view"),
    path("customers/<uuid:tenant_id>/software/<uuid:purchase_id>/keys/<uuid:key_id>/", key, name="key"),
]
