from django.conf import settings
from django.db import migrations, models

import customers.models


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="customer",
            name="address_line",
            field=models.CharField(blank=True, max_length=200, verbose_name="street"),
        ),
        migrations.AlterField(
            model_name="customer",
            name="city",
            field=models.CharField(blank=True, max_length=100, verbose_name="city"),
        ),
        migrations.AlterField(
            model_name="customer",
            name="country",
            field=models.CharField(
                blank=True, max_length=2, validators=[customers.models.known_country], verbose_name="country"
            ),
        ),
        migrations.AddConstraint(
            model_name="customer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        models.Q(("address_line", ""), _negated=True),
                        models.Q(("city", ""), _negated=True),
                        models.Q(("country", ""), _negated=True),
                    ),
                    models.Q(("address_line", ""), ("city", ""), ("country", ""), ("postal_code", ""), ("region", "")),
                    _connector="OR",
                ),
                name="customers_address_whole",
            ),
        ),
    ]
