"""Addresses of the activity log in the API."""

from activity.api import endpoints, exports, feeds, log_feed, views
from csp_portal.api.routes import endpoint

urlpatterns = [
    endpoint("auditrecords", endpoints.AuditRecords, "audit_records"),
    endpoint("auditrecords/<id:record_id>", endpoints.OneAuditRecord, "audit_record"),
    endpoint("activity", log_feed.LogFeed, "log_feed"),
    endpoint("activity/exports", exports.Exports, "log_exports"),
    endpoint("activity/exports/<id:export_id>", exports.OneExport, "log_export"),
    endpoint("activity/exports/<id:export_id>/file", exports.ExportFile, "log_export_file"),
    endpoint("activity/views", views.SavedViews, "log_views"),
    endpoint("activity/views/<id:view_id>", views.OneSavedView, "log_view"),
    endpoint("activity/feedtokens", feeds.FeedTokens, "feed_tokens"),
    endpoint("activity/feedtokens/<id:feed_id>", feeds.OneFeedToken, "feed_token"),
    endpoint("activity/webhooks", feeds.Webhooks, "webhooks"),
    endpoint("activity/webhooks/<id:webhook_id>", feeds.OneWebhook, "webhook"),
    endpoint("activity/webhooks/<id:webhook_id>/secret", feeds.WebhookSecret, "webhook_secret"),
    endpoint("activity/webhooks/<id:webhook_id>/ping", feeds.WebhookPing, "webhook_ping"),
    endpoint("activity/webhooks/<id:webhook_id>/deliveries", feeds.WebhookDeliveries, "webhook_deliveries"),
    endpoint(
        "activity/webhooks/<id:webhook_id>/deliveries/<id:sequence>/replay", feeds.WebhookReplay, "webhook_replay"
    ),
]
