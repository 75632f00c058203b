"""A side's own users, and the operator's invitation of a partner's Global admin."""

from django.urls import include, path

from csp_portal.people.views import api_clients, invitations, users

users_urls = [
    path("users/", users.user_list, name="list"),
    path("users/invite/", invitations.invite, name="invite"),
    path("users/invitations/<uuid:invitation_id>/resend/", invitations.resend, name="resend"),
    path("users/invitations/<uuid:invitation_id>/revoke/", invitations.revoke, name="revoke"),
    path("users/<uuid:user_id>/", users.user, name="user"),
    path("users/<uuid:user_id>/switch-off/", users.switch_off, name="switch_off"),
    path("users/<uuid:user_id>/switch-on/", users.switch_on, name="switch_on"),
]
clients_urls = [
    path("api-clients/", api_clients.client_list, name="list"),
    path("api-clients/new/", api_clients.new_client, name="new"),
    path("api-clients/<str:client_id>/", api_clients.client, name="client"),
    path("api-clients/<str:client_id>/secret/", api_clients.new_secret, name="new_secret"),
    path("api-clients/<str:client_id>/revoke/", api_clients.revoke, name="revoke"),
]
urlpatterns = [
    path("operator/partners/<uuid:partner_id>/invite/", invitations.invite_admin, name="invite_admin"),
    path("", include((users_urls, "users"))),
    path("", include((clients_urls, "api_clients"))),
]
