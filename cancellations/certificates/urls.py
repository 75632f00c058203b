"""Certificates of cancellation: page, PDF and JSON."""

from django.urls import path

from cancellations.certificates import views

app_name = "certificates"

urlpatterns = [
    path("certificates/<uuid:certificate_id>/", views.certificate, name="certificate"),
    path("certificates/<uuid:certificate_id>/pdf/", views.certificate_pdf, name="pdf"),
    path("certificates/<uuid:certificate_id>/json/", views.certificate_json, name="json"),
]
