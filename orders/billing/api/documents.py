"""Files, months of the account and links to estimates, as the API documents and writes them."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers

from csp_portal.api.resources import day, resource
from csp_portal.api.schema import LinkSerializer, ResourceSerializer
from orders.billing.api.amounts import exact
from orders.billing.statement_of_account import StatementMonth

PDF = OpenApiResponse(OpenApiTypes.BINARY, "application/pdf, as an attachment.")
CSV = OpenApiResponse(OpenApiTypes.BINARY, "text/csv, as an attachment.")


class EstimateLinkSerializer(ResourceSerializer):
    title = serializers.CharField()
    description = serializers.CharField()
    period = serializers.CharField()
    link = LinkSerializer()


class StatementMonthSerializer(ResourceSerializer):
    """One month of the account, tax included; credits and payments are less than nothing."""

    month = serializers.DateTimeField()
    currencyCode = serializers.CharField()
    openingBalance = serializers.FloatField()
    charges = serializers.FloatField()
    credits = serializers.FloatField()
    payments = serializers.FloatField()
    closingBalance = serializers.FloatField()
    invoiceNumber = serializers.CharField(required=False)


def month_resource(month: StatementMonth, currency: str) -> dict[str, Any]:
    return resource(
        "StatementMonth",
        month=day(month.month),
        currencyCode=currency,
        openingBalance=exact(month.opening, currency),
        charges=exact(month.charges, currency),
        credits=exact(month.credits, currency),
        payments=exact(month.payments, currency),
        closingBalance=exact(month.closing, currency),
        invoiceNumber=month.invoice.public_number if month.invoice else None,
    )
