"""Addresses of the outbox, in development only."""

from django.urls import path

from csp_portal.mail import views

app_name = "mail"

urlpatterns = [
    path("", views.outbox, name="outbox"),
    path("<uuid:mail_id>/", views.one_mail, name="one_mail"),
]
