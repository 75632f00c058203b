"""Addresses of a customer's Software tab, which shows cancelling, and of the cancellation itself."""

from django.urls import path

from cancellations.software_page.views import software
from cancellations.views import cancel

app_name = "cancellations"

urlpatterns = [
    path("customers/<uuid:tenant_id>/software/", software, name="software"),
    path("customers/<uuid:tenant_id>/software/<uuid:sku_id>/cancel/", cancel, name="cancel"),
]
