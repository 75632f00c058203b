"""The two addresses of `bench.bare_api`: one order, and a page of a customer's, each with its lines."""

from django.db import models
from django.shortcuts import get_object_or_404
from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView


class Order(models.Model):
    number = models.CharField(max_length=20)
    customer_id = models.BigIntegerField()
    placed_at = models.DateTimeField()
    currency = models.CharField(max_length=3)

    objects: models.Manager["Order"] = models.Manager()

    class Meta:
        app_label = "bench"
        managed = False
        db_table = "orders_order"

    def __str__(self) -> str:
        return self.number


class Line(models.Model):
    order = models.ForeignKey(Order, on_delete=models.DO_NOTHING, related_name="lines")
    line_number = models.PositiveSmallIntegerField()
    product_title = models.CharField(max_length=200)
    sku_title = models.CharField(max_length=200)
    quantity = models.PositiveIntegerField()

    class Meta:
        app_label = "bench"
        managed = False
        db_table = "orders_orderline"

    def __str__(self) -> str:
        return f"{self.order} {self.line_number}"


class LineSerializer(serializers.ModelSerializer):
    class Meta:
        model = Line
        fields = ("line_number", "product_title", "sku_title", "quantity")


class OrderSerializer(serializers.ModelSerializer):
    lines = LineSerializer(many=True)

    class Meta:
        model = Order
        fields = ("number", "placed_at", "currency", "lines")


class One(APIView):
    def get(self, request: Request, number: str) -> Response:
        order = get_object_or_404(Order.objects.prefetch_related("lines"), number=number)
        return Response(OrderSerializer(order).data)


class Page(APIView):
    def get(self, request: Request, customer: int) -> Response:
        orders = Order.objects.filter(customer_id=customer).order_by("-placed_at", "-pk").prefetch_related("lines")
        return Response(OrderSerializer(orders[:50], many=True).data)


urlpatterns = [path("orders/<str:number>", One.as_view()), path("customers/<int:customer>/orders", Page.as_view())]
