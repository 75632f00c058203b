from csp_portal.api.routes import endpoint
from csp_portal.people.api import endpoints, users

urlpatterns = [
    endpoint("roles", endpoints.Roles, "roles"),
    endpoint("roles/<id:role>/usermembers", endpoints.Members, "role_members"),
    endpoint("roles/<id:role>/usermembers/<id:member>", endpoints.Member, "role_member"),
    endpoint("users", users.Users, "users"),
    endpoint("users/<id:user_id>", users.OneUser, "user"),
    endpoint("invitations", users.Invitations, "invitations"),
    endpoint("invitations/<id:invitation_id>", users.OneInvitation, "invitation"),
    endpoint("invitations/<id:invitation_id>/resend", users.ResentInvitation, "invitation_resent"),
    endpoint("profiles/organization", endpoints.OrganizationProfile, "organization_profile"),
    endpoint("profiles/legalbusiness", endpoints.LegalBusinessProfile, "legal_business_profile"),
    endpoint("profiles/billing", endpoints.BillingProfile, "billing_profile"),
    endpoint("profiles/support", endpoints.SupportProfile, "support_profile"),
    endpoint("profiles/mpn", endpoints.MpnProfile, "mpn_profile"),
]
