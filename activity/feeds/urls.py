"""Addresses of the pages on which feeds are made."""

from django.urls import path

from activity.feeds import views

app_name = "feeds"
urlpatterns = [
    path("activity/feeds/", views.feeds, name="feeds"),
    path("activity/feeds/tokens/", views.new_token, name="new_token"),
    path("activity/feeds/tokens/<uuid:feed_id>/revoke/", views.revoke, name="revoke"),
    path("activity/feeds/webhooks/", views.new_webhook, name="new_webhook"),
    path("activity/feeds/webhooks/<uuid:webhook_id>/", views.webhook, name="webhook"),
    path("activity/feeds/webhooks/<uuid:webhook_id>/switch/", views.switch, name="switch"),
    path("activity/feeds/webhooks/<uuid:webhook_id>/secret/", views.new_secret, name="new_secret"),
    path("activity/feeds/webhooks/<uuid:webhook_id>/ping/", views.ping, name="ping"),
    path("activity/feeds/webhooks/<uuid:webhook_id>/replay/", views.replay, name="replay"),
]
