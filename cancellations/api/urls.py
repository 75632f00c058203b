"""Addresses of orders that can be cancelled, and of what was."""

from cancellations.api.endpoints import CancellableOrder, CancellationCertificate, CancellationQuotes, Cancellations
from cancellations.api.subscriptions import (
    NothingOfSubscription,
    Subscription,
    SubscriptionProvisioning,
    Subscriptions,
)
from csp_portal.api.routes import endpoint
from orders.api.entitlements import Entitlements
from orders.api.urls import ORDER

SUBSCRIPTIONS = "customers/<id:tenant_id>/subscriptions"
SUBSCRIPTION = f"{SUBSCRIPTIONS}/<id:subscription_id>"
NOTHING = ("addons", "upgrades", "conversions", "supportcontact", "activationlinks", "registrationstatus")

urlpatterns = [
    endpoint(ORDER, CancellableOrder, "order"),
    endpoint(f"{ORDER}/cancellationquotes", CancellationQuotes, "cancellation_quotes"),
    endpoint(f"{ORDER}/cancellations", Cancellations, "cancellations"),
    endpoint(f"{ORDER}/cancellations/<id:cancellation_id>/certificate", CancellationCertificate, "certificate"),
    endpoint("customers/<id:tenant_id>/entitlements", Entitlements, "entitlements"),
    endpoint(SUBSCRIPTIONS, Subscriptions, "subscriptions"),
    endpoint(SUBSCRIPTION, Subscription, "subscription"),
    endpoint(f"{SUBSCRIPTION}/provisioningstatus", SubscriptionProvisioning, "subscription_provisioning"),
    *(endpoint(f"{SUBSCRIPTION}/{word}", NothingOfSubscription, f"subscription_{word}") for word in NOTHING),
]
