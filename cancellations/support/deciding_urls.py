"""Addresses of a request's page in the queue, and of what is decided there."""

from django.urls import path

from cancellations.support.views import deciding

urlpatterns = [
    path("queue/<str:number>/", deciding.queued_request, name="request"),
    path("queue/<str:number>/approve/", deciding.approve_request, name="approve"),
    path("queue/<str:number>/deny/", deciding.deny_request, name="deny"),
    path("queue/<str:number>/withdraw/", deciding.withdraw, name="withdraw"),
    path("queue/<str:number>/log/<str:what>/", deciding.evidence_log, name="log"),
]
