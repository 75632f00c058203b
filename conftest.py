"""Loads the test servers before any test module or other conftest, and with it Django's settings, is read."""

pytest_plugins = ["tests.servers"]
