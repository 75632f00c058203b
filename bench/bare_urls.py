"""The one address of `bench.bare`, and the table that it counts in."""

from django.db import models
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.urls import path

TABLE = 'CREATE TABLE bench_counter (id integer PRIMARY KEY, used integer NOT NULL, "limit" integer NOT NULL)'


class Counter(models.Model):
    """A row that is counted up as a link's is."""

    used = models.IntegerField()
    limit = models.IntegerField()

    objects: models.Manager["Counter"] = models.Manager()

    class Meta:
        app_label = "bench"
        managed = False
        db_table = "bench_counter"

    def __str__(self) -> str:
        return f"{self.pk}: {self.used} of {self.limit}"


def count(request: HttpRequest, number: int) -> HttpResponse:
    """Count one."""
    counted = Counter.objects.filter(pk=number, used__lt=F("limit")).update(used=F("used") + 1)
    return HttpResponse(status=303 if counted else 410, headers={"Location": "/", "Content-Length": "0"})


urlpatterns = [path("<int:number>", count)]
