from csp_portal.api.oauth.views import discovery, keys, token
from csp_portal.api.routes import route

urlpatterns = [
    route("oauth2/token", token, name="oauth_token"),
    route("oauth2/v2.0/token", token, name="oauth_token_v2"),
    route("oauth2/keys", keys, name="oauth_keys"),
    route("<str:tenant>/oauth2/token", token, name="oauth_token_of_tenant"),
    route("<str:tenant>/oauth2/v2.0/token", token, name="oauth_token_v2_of_tenant"),
    route("<str:tenant>/v2.0/.well-known/openid-configuration", discovery, name="oauth_discovery"),
]
