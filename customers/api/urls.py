from csp_portal.api.routes import endpoint
from customers.api.endpoints import Customers

urlpatterns = [
    endpoint("customers", Customers, "customers"),
]
