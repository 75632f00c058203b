"""The list of open windows, and the calendar of them."""

from django.urls import path

from cancellations.windows import views

app_name = "windows"

urlpatterns = [
    path("windows/", views.windows, name="list"),
    path("windows/calendar/", views.make, name="make_calendar"),
    path("windows/calendar/replace/", views.replace, name="replace_calendar"),
    path("windows/calendar/revoke/", views.revoke, name="revoke_calendar"),
    path("windows/weekly-mail/", views.weekly_mail, name="weekly_mail"),
    path("calendar/<str:token>.ics", views.calendar, name="calendar"),
]
