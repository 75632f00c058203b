"""The Celery application; every app's `tasks` module is found by its name."""

import os

from celery import Celery
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "csp_portal.settings")

app = Celery("csp_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# Beat may run twice: every job does its work once. Times are UTC.
app.conf.beat_schedule = {
    "post-due-credits": {"task": "orders.billing.tasks.post_due_credits", "schedule": 60.0},
    "close-invoices": {"task": "orders.billing.tasks.close_invoices", "schedule": crontab(minute="5")},
    "issue-invoices": {"task": "orders.billing.tasks.issue_invoices", "schedule": crontab(minute="35")},
    "certify-earlier": {
        "task": "cancellations.certificates.tasks.certify_earlier",
        "schedule": crontab(minute="25"),  # what a release without certificates has cancelled, until it is replaced
    },
    "fill-waiting-lines": {"task": "software.tasks.fill_waiting_lines", "schedule": 60.0},
    "warn-of-low-pools": {"task": "software.tasks.warn_of_low_pools", "schedule": 300.0},
    "send-due-mail": {"task": "csp_portal.mail.tasks.send_due_mail", "schedule": 60.0},
    "remove-old-mails": {"task": "csp_portal.mail.tasks.remove_old_mails", "schedule": crontab(hour="3", minute="20")},
    "expire-links": {"task": "software.tasks.expire_links", "schedule": 60.0},
    "close-sessions": {"task": "software.tasks.close_sessions", "schedule": 300.0},
    "read-transfer-logs": {"task": "software.tasks.read_transfer_logs", "schedule": 60.0},
    "release-downloads": {"task": "software.tasks.release_downloads", "schedule": 60.0},
    "warn-of-links": {"task": "software.tasks.warn_of_links", "schedule": 300.0},
    "warn-of-ending-terms": {"task": "software.tasks.warn_of_ending_terms", "schedule": crontab(minute="15")},
    "mail-closing-windows": {
        "task": "cancellations.windows.tasks.mail_closing_windows",
        "schedule": crontab(minute="0"),  # on Mondays from 06:00 on; again, for the hours in which nothing ran
    },
    "check-links": {"task": "software.tasks.check_links", "schedule": crontab(hour="2", minute="45")},
    "settle-lost-transfers": {
        "task": "software.tasks.settle_lost_transfers",
        "schedule": crontab(hour="2", minute="30"),
    },
    "remove-old-sessions": {
        "task": "software.tasks.remove_old_sessions",
        "schedule": crontab(hour="4", minute="35"),  # after certify-earlier, whose certificates count open downloads
    },
    "empty-old-carts": {"task": "orders.tasks.empty_old_carts", "schedule": crontab(hour="3", minute="30")},
    "remove-old-drafts": {
        "task": "cancellations.support.tasks.remove_old_drafts",
        "schedule": crontab(hour="3", minute="45"),
    },
    "remove-nameless-files": {
        "task": "cancellations.support.tasks.remove_nameless_files",
        "schedule": crontab(hour="4", minute="5"),
    },
    "remove-old-contacts": {
        "task": "cancellations.support.tasks.remove_old_contacts",
        "schedule": crontab(hour="4", minute="25"),
    },
    "work-out-due-times": {
        "task": "cancellations.support.tasks.work_out_due_times",
        "schedule": crontab(hour="1", minute="45"),
    },
    "seal-log": {"task": "activity.tasks.seal_log", "schedule": 60.0},
    "send-due-webhooks": {"task": "activity.feeds.tasks.send_due_webhooks", "schedule": 60.0},
    "queue-lost-exports": {"task": "activity.tasks.queue_lost_exports", "schedule": 60.0},
    "remove-old-exports": {"task": "activity.tasks.remove_old_exports", "schedule": crontab(minute="40")},
    "mail-log-heads": {"task": "activity.tasks.mail_heads", "schedule": crontab(hour="6", minute="10")},
    "make-log-months": {"task": "activity.tasks.make_months", "schedule": crontab(hour="3", minute="15")},
    "warn-of-default-rows": {"task": "activity.tasks.warn_of_default_rows", "schedule": crontab(minute="50")},
    "remove-old-replies": {"task": "csp_portal.api.tasks.remove_old_replies", "schedule": crontab(minute="25")},
    "redact-addresses": {"task": "activity.tasks.redact_addresses", "schedule": crontab(hour="4", minute="45")},
}
