"""Signing in and out. Of django-allauth's pages only these are routed: sign-up is closed and nothing is mailed yet."""

from allauth.account import views
from django.urls import path

from csp_portal.accounts.permissions import public

urlpatterns = [
    path("accounts/sign-in/", public(views.login), name="account_login"),
    path("accounts/sign-out/", public(views.logout), name="account_logout"),
    path("accounts/inactive/", public(views.account_inactive), name="account_inactive"),
]
