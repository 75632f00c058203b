"""Loading builds: M7."""

import hashlib
import re
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from activity.models import Action, Event
from activity.services import Actor
from software.models import Build, Kind
from software.services import CannotImport, import_build
from tests.factories import ProductFactory

pytestmark = pytest.mark.django_db

OPERATOR = Actor.system("import_build")
CONTENT = bytes(range(256)) * 5000  # more than one chunk
UNREADABLE = Path("/proc/self/mem")  # can be opened, fails when it is read


@pytest.fixture(autouse=True)
def storage(settings, tmp_path):
    """An empty storage; answers its folder."""
    folder = tmp_path / "storage"
    folder.mkdir()
    default = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(folder)}}
    settings.STORAGES = {**settings.STORAGES, "default": default}
    return folder


@pytest.fixture
def product(db):
    return ProductFactory()


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "setup 2022.iso"
    path.write_bytes(CONTENT)
    return path


def load(file, product, **changes):
    values = {"version": "2022", "language": "en-US", "file_type": "ISO x64", **changes}
    product_id = values.pop("product_id", product.product_id)
    return import_build(file, product_id=product_id, actor=OPERATOR, **values)


def stored_files(storage):
    return [path for path in storage.rglob("*") if path.is_file()]


def test_a_build_is_stored_with_its_size_and_sha_256(file, product, storage):
    build = load(file, product)
    (stored,) = stored_files(storage)
    assert stored.read_bytes() == CONTENT
    assert (build.size, build.sha256) == (len(CONTENT), hashlib.sha256(CONTENT).hexdigest())
    assert (build.version, build.language, build.file_type) == ("2022", "en-US", "ISO x64")
    event = Event.objects.get(action=Action.BUILD_IMPORTED)
    assert (event.actor_name, event.details["sha256"]) == ("system:import_build", build.sha256)


def test_nobody_can_guess_where_a_build_lies(file, product, storage):
    names = {load(file, product, version=version).storage_name for version in ("2019", "2022")}
    assert len(names) == len(stored_files(storage)) == 2
    assert all(re.fullmatch(r"builds/[0-9a-f]{32}", name) for name in names)
    assert {build.file_name for build in Build.objects.all()} == {"setup 2022.iso"}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"product_id": "NO-SUCH"}, "There is no product NO-SUCH; import its price list first."),
        ({"language": "english"}, "Language 'english' is not a tag such as en-US"),
        ({"language": "xx-YY"}, "Language 'xx-YY' is not a tag such as en-US"),
        ({"language": ""}, "Language '' is not a tag such as en-US"),
        ({"language": "en_US"}, "Language 'en_US' is not a tag such as en-US"),
        ({"version": "2" * 51}, "The version must have 1 to 50 characters."),
        ({"file_type": ""}, "The file type must have 1 to 50 characters."),
    ],
)
def test_what_is_not_known_is_refused_and_leaves_nothing(file, product, storage, change, sentence):
    with pytest.raises(CannotImport) as refusal:
        load(file, product, **change)
    assert str(refusal.value).startswith(sentence)
    assert_nothing_left(storage)


@pytest.mark.parametrize("kind", [Kind.RESERVATION, Kind.LINUX_PLAN])
def test_what_is_sold_without_downloads_gets_no_build(file, storage, kind):
    with pytest.raises(CannotImport, match="has no downloads"):
        load(file, ProductFactory(kind=kind))
    assert_nothing_left(storage)


def test_the_same_build_is_not_loaded_twice(file, product, storage):
    load(file, product)
    with pytest.raises(CannotImport) as refusal:
        load(file, product)
    assert str(refusal.value) == f"{product} has a build 2022, en-US, ISO x64 already."
    assert Build.objects.count() == len(stored_files(storage)) == Event.objects.count() == 1
    for change in ({"version": "2019"}, {"language": "ko-KR"}, {"file_type": "VHD"}):
        load(file, product, **change)
    assert Build.objects.count() == 4


@pytest.mark.skipif(not UNREADABLE.exists(), reason="needs a file that can be opened but not read")
def test_a_file_that_cannot_be_read_to_its_end_leaves_nothing(product, storage):
    with pytest.raises(OSError, match="Input/output error"):
        load(UNREADABLE, product)
    assert_nothing_left(storage)


def assert_nothing_left(storage):
    assert stored_files(storage) == []
    assert not Build.objects.exists()
    assert not Event.objects.exists()


def command(file, product_id, language="en-US"):
    options = {"product": product_id, "version": "2022", "language": language, "file_type": "ISO x64"}
    call_command("import_build", file, **options)


def test_the_command_says_what_was_stored(file, product, capsys):
    command(file, product.product_id)
    digest = hashlib.sha256(CONTENT).hexdigest()
    assert capsys.readouterr().out == f"{product} 2022 en-US ISO x64: 1280000 bytes, SHA-256 {digest}.\n"


def test_the_command_says_what_is_wrong_in_sentences(file, product, tmp_path, storage):
    for arguments, sentence in (
        ((file, "NO-SUCH"), "There is no product NO-SUCH; import its price list first."),
        ((file, product.product_id, "english"), "Language 'english' is not a tag such as en-US"),
        ((tmp_path / "missing.iso", product.product_id), f"Cannot read {tmp_path}/missing.iso: No such file"),
        ((tmp_path, product.product_id), f"Cannot read {tmp_path}: Is a directory."),
    ):
        with pytest.raises(CommandError) as refusal:
            command(*arguments)
        assert str(refusal.value).startswith(sentence)
    assert_nothing_left(storage)
