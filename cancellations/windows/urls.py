"""The list of open windows, and what each reader has set about it."""

from django.urls import path

from cancellations.windows import views

app_name = "windows"

urlpatterns = [
    path("windows/", views.windows, name="list"),
]
