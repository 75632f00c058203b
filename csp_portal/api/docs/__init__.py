"""The OpenAPI document, and pages to read it on (X3)."""
