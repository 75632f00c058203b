from csp_portal.api.routes import endpoint
from software.api.catalogue import Availabilities, OneAvailability, OneProduct, OneSku, Products, Skus
from software.api.inventory import Inventory

_PRODUCT = "products/<id:product_id>"
_SKU = f"{_PRODUCT}/skus/<id:sku_id>"
_TREE = [
    ("products", Products, "products"),
    (_PRODUCT, OneProduct, "product"),
    (f"{_PRODUCT}/skus", Skus, "skus"),
    (_SKU, OneSku, "sku"),
    (f"{_SKU}/availabilities", Availabilities, "availabilities"),
    (f"{_SKU}/availabilities/<id:availability_id>", OneAvailability, "availability"),
]
urlpatterns = [
    *(endpoint(path, view, name) for path, view, name in _TREE),
    *(endpoint(f"customers/<id:tenant_id>/{path}", view, f"customer_{name}") for path, view, name in _TREE),
    endpoint("extensions/product/checkinventory", Inventory, "inventory"),
]
