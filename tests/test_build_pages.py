"""The operator's pages of builds: a file uploaded, another in its place (M7)."""

import hashlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from activity.models import Action, Event
from software.models import Build, Kind
from tests.factories import ProductFactory, make_build
from tests.helpers import words_of
from tests.house import page_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(client_of, keeper):
    return client_of(keeper)


@pytest.fixture
def storage(settings, tmp_path):
    """An empty storage; answers its folder."""
    folder = tmp_path / "storage"
    default = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(folder)}}
    settings.STORAGES = {**settings.STORAGES, "default": default}
    return folder


def stored_files(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def build_form(of, content=b"the bytes", **changed):
    values = {"product": of.pk, "version": "2022", "language": "en-US", "file_type": "ISO x64"}
    return {**values, "file": SimpleUploadedFile("setup.iso", content), **changed}


def test_a_build_is_uploaded_with_its_hash(browser, keeper, storage):
    product = ProductFactory()
    response = browser.post(reverse("admin:software_build_add"), build_form(product))
    assert response.status_code == 302
    build = Build.objects.get()
    assert (build.product, build.file_name, build.size) == (product, "setup.iso", 9)
    assert build.sha256 == hashlib.sha256(b"the bytes").hexdigest()
    (stored,) = stored_files(storage)
    assert stored.read_bytes() == b"the bytes"
    assert Event.objects.get(action=Action.BUILD_IMPORTED).actor_name == keeper.email


def test_what_cannot_be_stored_is_told_on_the_form_and_what_was_typed_is_kept(browser, storage):
    product = ProductFactory()
    browser.post(reverse("admin:software_build_add"), build_form(product))
    for changed, told in (
        ({}, "has a build 2022, en-US, ISO x64 already."),
        ({"language": "english"}, "“english” is not the tag of a language."),
        ({"version": "2019", "content": b""}, "The submitted file is empty."),
        ({"version": ""}, "This field is required."),
        ({"product": ProductFactory(kind=Kind.LINUX_PLAN).pk}, "Select a valid choice."),
    ):
        response = browser.post(reverse("admin:software_build_add"), build_form(product, **changed))
        assert response.status_code == 200
        assert told in words_of(response)
        assert 'value="ISO x64"' in response.content.decode()
    assert Build.objects.count() == len(stored_files(storage)) == 1


def test_a_build_is_given_another_file_and_nothing_else(browser, storage, django_capture_on_commit_callbacks):
    build = make_build(ProductFactory())
    sending = {
        "file": SimpleUploadedFile("right.iso", b"right"),
        "version": "9",
        "language": "ko-KR",
        "sha256": "0" * 64,
    }
    with django_capture_on_commit_callbacks(execute=True):
        assert browser.post(page_of("build", build), sending).status_code == 302
    replaced = Build.objects.get()
    assert (replaced.version, replaced.language) == (build.version, build.language)
    assert (replaced.file_name, replaced.sha256) == ("right.iso", hashlib.sha256(b"right").hexdigest())
    (stored,) = stored_files(storage)
    assert stored.read_bytes() == b"right"
