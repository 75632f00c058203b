"""The OpenAPI document of the API, made of its endpoints once in each process."""

from functools import lru_cache
from typing import Any

from drf_spectacular.generators import EndpointEnumerator, SchemaGenerator


class _Endpoints(EndpointEnumerator):
    """Tells of HEAD too, where it is a call of its own and not a GET without its body."""

    def get_allowed_methods(self, callback: Any) -> list[str]:
        methods: list[str] = super().get_allowed_methods(callback)
        return [*methods, *(["HEAD"] if "HEAD" in getattr(callback.cls, "needs", ()) else [])]


class _Generator(SchemaGenerator):
    endpoint_inspector_cls = _Endpoints


@lru_cache(maxsize=1)
def openapi() -> dict[str, Any]:
    """OpenAPI 3.1: every path of the API with what it takes and answers."""
    found: dict[str, Any] = _Generator().get_schema(request=None, public=True)
    return found
