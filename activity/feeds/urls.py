"""Addresses of the feeds: the cursor for programs, and the pages on which they are made."""

from django.urls import path, re_path

from activity.feeds import api, views

app_name = "feeds"
urlpatterns = [
    re_path(r"^v1/activity/?$", api.activity, name="activity"),
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
