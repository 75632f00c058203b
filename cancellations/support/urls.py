"""Addresses of support requests as partners meet them: filing, files, and a request's page."""

from django.urls import path

from cancellations.support.views import requests

app_name = "support"

urlpatterns = [
    path("support/<str:number>/", requests.support_request, name="request"),
    path("support/<str:number>/reply/", requests.reply, name="reply"),
    path("support/<str:number>/close/", requests.close_request, name="close"),
]
