"""Addresses of what a support agent writes, below the page of a request in the queue."""

from django.urls import path

from cancellations.support.views import answering

urlpatterns = [
    path("queue/<str:number>/reply/", answering.reply, name="reply"),
    path("queue/<str:number>/ask/", answering.ask, name="ask"),
    path("queue/<str:number>/close/", answering.close_request, name="close"),
]
