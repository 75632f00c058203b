"""A side's own users, and the operator's invitation of a partner's Global admin."""

from django.urls import include, path

from csp_portal.people.views import invitations, users

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
    path("operator/partners/<uuid:partner_id>/invite/", invitations.invite_admin, name="invite_admin"),
    path("", include((users_urls, "users"))),
]
