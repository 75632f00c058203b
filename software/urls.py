"""Addresses of keys, links and downloads."""

from django.urls import path

from software.views import downloads, keys, links

app_name = "software"

urlpatterns = [
    path("customers/<uuid:tenant_id>/software/<uuid:purchase_id>/get/", links.get, name="get"),
    path("customers/<uuid:tenant_id>/software/<uuid:purchase_id>/links/", links.another, name="another_link"),
    path(
        "customers/<uuid:tenant_id>/software/<uuid:purchase_id>/keys/export/",
        keys.exported_keys,
        name="export_keys",
    ),
    path(
        "customers/<uuid:tenant_id>/software/<uuid:purchase_id>/keys/<uuid:key_id>/show/",
        keys.show_key,
        name="show_key",
    ),
    path(
        "customers/<uuid:tenant_id>/software/<uuid:purchase_id>/keys/<uuid:key_id>/copy/",
        keys.copied_key,
        name="copy_key",
    ),
    path("customers/<uuid:tenant_id>/links/<uuid:link_id>/renew/", links.renew, name="renew"),
    path("customers/<uuid:tenant_id>/links/<uuid:link_id>/revoke/", links.revoke, name="revoke"),
    path("customers/<uuid:tenant_id>/links/<uuid:link_id>/history/", links.history, name="link_history"),
    path("d/<str:token>", downloads.landing, name="landing"),
    path("d/session/<str:token>/<str:file_name>", downloads.session, name="session"),
]
