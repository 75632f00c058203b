from csp_portal.api.routes import endpoint
from orders.api.carts import CartEndpoint, Carts, Checkout
from orders.api.endpoints import LineActivationLinks, OrderActivationLinks, Orders, ProvisioningStatus

CARTS = "customers/<id:tenant_id>/carts"
ORDERS = "customers/<id:tenant_id>/orders"
ORDER = f"{ORDERS}/<id:order_id>"

urlpatterns = [
    endpoint(CARTS, Carts, "carts"),
    endpoint(f"{CARTS}/<id:cart_id>", CartEndpoint, "cart"),
    endpoint(f"{CARTS}/<id:cart_id>/checkout", Checkout, "checkout"),
    endpoint(ORDERS, Orders, "orders"),
    endpoint(f"{ORDER}/provisioningstatus", ProvisioningStatus, "provisioning_status"),
    endpoint(f"{ORDER}/activationlinks", OrderActivationLinks, "order_activation_links"),
    endpoint(f"{ORDER}/lineitems/<id:line_number>/activationlinks", LineActivationLinks, "line_activation_links"),
]
