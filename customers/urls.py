"""The list of customers, adding, changing and importing them; one customer's other pages lie above."""

from django.urls import path

from customers import import_views, views

app_name = "customers"

urlpatterns = [
    path("customers/", views.customer_list, name="list"),
    path("customers/add/", views.add, name="add"),
    path("customers/import/", import_views.choose, name="import"),
    path("customers/import/check/", import_views.check, name="import_check"),
    path("customers/import/example.csv", import_views.example, name="import_example"),
    path("customers/<uuid:tenant_id>/edit/", views.edit, name="edit"),
]
