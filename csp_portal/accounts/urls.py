"""Signing in and out, forgotten passwords, and accepting invitations.

Of django-allauth's pages only these are routed: sign-up is closed.
"""

from allauth.account import views as allauth_views
from django.urls import path

from csp_portal.accounts.permissions import public
from csp_portal.accounts.views import accepting, passwords

urlpatterns = [
    path("accounts/sign-in/", public(allauth_views.login), name="account_login"),
    path("accounts/sign-out/", public(allauth_views.logout), name="account_logout"),
    path("accounts/inactive/", public(allauth_views.account_inactive), name="account_inactive"),
    path("accounts/password/", passwords.forgotten, name="forgotten_password"),
    path("accounts/password/<uuid:user_id>/<int:sent>/<slug:state>/", passwords.choose, name="choose_password"),
    path("invitations/<uuid:invitation_id>/", accepting.accept, name="accept_invitation"),
]
