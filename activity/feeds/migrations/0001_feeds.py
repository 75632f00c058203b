"""Tokens of collectors, webhooks and their deliveries (A6)."""

import uuid

import django.db.models.deletion
import django.db.models.functions.text
from django.db import migrations, models

import software.custody


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0004_partner_names"),
    ]

    operations = [
        migrations.CreateModel(
            name="Webhook",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("url", models.CharField(max_length=500)),
                (
                    "wanted",
                    models.CharField(
                        choices=[("all", "All actions"), ("keys_and_downloads", "Keys and downloads only")],
                        default="all",
                        max_length=20,
                    ),
                ),
                ("is_on", models.BooleanField(default=True)),
                ("secret_key_id", models.CharField(default=software.custody.newest_token_key_id, max_length=8)),
                ("secret_number", models.PositiveIntegerField(default=1)),
                ("made_by", models.CharField(max_length=254)),
                ("made_at", models.DateTimeField()),
                ("position", models.BigIntegerField()),
                ("looked_to", models.BigIntegerField()),
                ("sequence", models.PositiveBigIntegerField(default=0)),
                ("next_attempt_at", models.DateTimeField()),
                ("failures", models.PositiveIntegerField(default=0)),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.partner"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="WebhookDelivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sequence", models.PositiveBigIntegerField()),
                (
                    "wanted",
                    models.CharField(
                        choices=[("all", "All actions"), ("keys_and_downloads", "Keys and downloads only")],
                        max_length=20,
                    ),
                ),
                ("first", models.BigIntegerField()),
                ("last", models.BigIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "waiting"), ("delivered", "delivered"), ("dead", "given up")],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("last_answer", models.CharField(blank=True, max_length=500)),
                ("made_at", models.DateTimeField()),
                ("tried_at", models.DateTimeField(null=True)),
                ("delivered_at", models.DateTimeField(null=True)),
                (
                    "webhook",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="deliveries", to="feeds.webhook"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="FeedToken",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("name", models.CharField(max_length=60)),
                ("hash", models.CharField(max_length=64, unique=True)),
                ("made_by", models.CharField(max_length=254)),
                ("made_at", models.DateTimeField()),
                ("last_used_at", models.DateTimeField(null=True)),
                ("logged_at", models.DateTimeField(null=True)),
                ("revoked_at", models.DateTimeField(null=True)),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.partner"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        models.F("partner"),
                        django.db.models.functions.text.Upper("name"),
                        condition=models.Q(("revoked_at", None)),
                        name="feeds_token_name_once",
                    )
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="webhook",
            constraint=models.CheckConstraint(
                condition=models.Q(("wanted__in", ["all", "keys_and_downloads"])), name="feeds_webhook_wanted_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="webhook",
            constraint=models.CheckConstraint(
                condition=models.Q(("looked_to__gte", models.F("position"))), name="feeds_webhook_looked_on"
            ),
        ),
        migrations.AddConstraint(
            model_name="webhookdelivery",
            constraint=models.UniqueConstraint(
                models.F("webhook"), models.F("sequence"), name="feeds_delivery_sequence_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="webhookdelivery",
            constraint=models.UniqueConstraint(
                models.F("webhook"), models.F("first"), name="feeds_delivery_first_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="webhookdelivery",
            constraint=models.CheckConstraint(
                condition=models.Q(("wanted__in", ["all", "keys_and_downloads"])), name="feeds_delivery_wanted_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="webhookdelivery",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["waiting", "delivered", "dead"])), name="feeds_delivery_state_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="webhookdelivery",
            constraint=models.CheckConstraint(
                condition=models.Q(("last__gte", models.F("first")), ("sequence__gt", 0)),
                name="feeds_delivery_has_rows",
            ),
        ),
        migrations.AddConstraint(
            model_name="webhookdelivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("delivered_at__isnull", False), ("state", "delivered")),
                    models.Q(models.Q(("state", "delivered"), _negated=True), ("delivered_at", None)),
                    _connector="OR",
                ),
                name="feeds_delivery_delivered_at",
            ),
        ),
    ]
