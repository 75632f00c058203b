from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "csp_portal.api"
    label = "api"
