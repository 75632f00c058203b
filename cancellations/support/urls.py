"""Addresses of support requests as partners meet them: filing, files, and a request's page."""

from django.urls import path

from cancellations.support.views import files, filing, requests

app_name = "support"

urlpatterns = [
    path("support/", filing.requests, name="list"),
    path("support/new/", filing.new, name="new"),
    path("support/new/customers/", filing.customers, name="customers"),
    path("support/drafts/files/", files.upload, name="upload"),
    path("support/files/<uuid:file_id>/", files.download, name="file"),
    path("customers/<uuid:tenant_id>/support/", filing.of_customer, name="customer"),
    path("support/<str:number>/", requests.support_request, name="request"),
    path("support/<str:number>/reply/", requests.reply, name="reply"),
    path("support/<str:number>/close/", requests.close_request, name="close"),
]
