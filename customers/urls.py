"""The list of customers; one customer's pages lie above, with what they show."""

from django.urls import path

from customers import views

app_name = "customers"

urlpatterns = [path("customers/", views.customer_list, name="list")]
