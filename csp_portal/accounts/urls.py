"""Signing in and out, forgotten passwords, invitations, and a side's own users.

Of django-allauth's pages only these are routed: sign-up is closed.
"""

from allauth.account import views as allauth_views
from django.urls import include, path

from csp_portal.accounts.permissions import public
from csp_portal.accounts.views import accepting, invitations, passwords, users

users_urls = [
    path("users/", users.user_list, name="list"),
    path("users/invite/", invitations.invite, name="invite"),
    path("users/invitations/<uuid:invitation_id>/resend/", invitations.resend, name="resend"),
    path("users/invitations/<uuid:invitation_id>/revoke/", invitations.revoke, name="revoke"),
    path("users/<uuid:user_id>/", users.user, name="user"),
    path("users/<uuid:user_id>/switch-off/", users.switch_off, name="switch_off"),
    path("users/<uuid:user_id>/switch-on/", users.switch_on, name="switch_on"),
]
urlpatterns = [
    path("accounts/sign-in/", public(allauth_views.login), name="account_login"),
    path("accounts/sign-out/", public(allauth_views.logout), name="account_logout"),
    path("accounts/inactive/", public(allauth_views.account_inactive), name="account_inactive"),
    path("accounts/password/", passwords.forgotten, name="forgotten_password"),
    path("accounts/password/<uuid:user_id>/<int:sent>/<slug:state>/", passwords.choose, name="choose_password"),
    path("invitations/<uuid:invitation_id>/", accepting.accept, name="accept_invitation"),
    path("operator/partners/<uuid:partner_id>/invite/", invitations.invite_admin, name="invite_admin"),
    path("", include((users_urls, "users"))),
]
