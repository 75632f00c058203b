"""A customer's overview, catalogue, cart and orders; and all orders of the partner."""

from django.urls import path, register_converter

from orders.converters import OrderNumberConverter
from orders.views import cart, catalogue, orders, overview

register_converter(OrderNumberConverter, "order_number")

app_name = "orders"

urlpatterns = [
    path("customers/<uuid:tenant_id>/", overview.overview, name="overview"),
    path("customers/<uuid:tenant_id>/add/", catalogue.add, name="add"),
    path("customers/<uuid:tenant_id>/cart/", cart.cart, name="cart"),
    path("customers/<uuid:tenant_id>/cart/<uuid:sku_id>/remove/", cart.remove, name="remove"),
    path("customers/<uuid:tenant_id>/cart/review/", cart.review, name="review"),
    path("customers/<uuid:tenant_id>/purchases/<uuid:purchase_id>/renew/", cart.renew, name="renew"),
    path("customers/<uuid:tenant_id>/orders/", orders.history, name="history"),
    path("orders/", orders.order_list, name="list"),
    path("orders/<order_number:number>/", orders.detail, name="detail"),
]
