from csp_portal.api.routes import endpoint
from csp_portal.people.api import endpoints

urlpatterns = [
    endpoint("roles", endpoints.Roles, "roles"),
    endpoint("roles/<id:role>/usermembers", endpoints.Members, "role_members"),
    endpoint("roles/<id:role>/usermembers/<id:member>", endpoints.Member, "role_member"),
    endpoint("profiles/organization", endpoints.OrganizationProfile, "organization_profile"),
    endpoint("profiles/legalbusiness", endpoints.LegalBusinessProfile, "legal_business_profile"),
    endpoint("profiles/billing", endpoints.BillingProfile, "billing_profile"),
    endpoint("profiles/support", endpoints.SupportProfile, "support_profile"),
    endpoint("profiles/mpn", endpoints.MpnProfile, "mpn_profile"),
]
