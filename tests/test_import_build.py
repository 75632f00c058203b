"""Loading builds, and giving them another file: M7, and of K7 that two files are never spliced."""

import hashlib
import os
import re
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command

from activity.models import Action, Event
from activity.services import Actor
from csp_portal.errors import Refusal
from software.models import Build, Kind
from software.services import import_build, replace_build_file
from software.services.imports import builds
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
        (
            {"product_id": "NO-SUCH"},
            "There is no product NO-SUCH. Check its ProductId, or import its price list first.",
        ),
        ({"language": "english"}, "“english” is not the tag of a language."),
        ({"language": "xx-YY"}, "“xx-YY” is not the tag of a language."),
        ({"language": ""}, "“” is not the tag of a language."),
        ({"language": "en_US"}, "“en_US” is not the tag of a language."),
        ({"version": "2" * 51}, "Version and file type must have 1 to 50 characters in one line."),
        ({"version": "20\n22"}, "Version and file type must have 1 to 50 characters in one line."),
        ({"file_type": " "}, "Version and file type must have 1 to 50 characters in one line."),
    ],
)
def test_what_is_not_known_is_refused_and_leaves_nothing(file, product, storage, change, sentence):
    with pytest.raises(Refusal) as refusal:
        load(file, product, **change)
    assert str(refusal.value).startswith(sentence)
    assert_nothing_left(storage)
    assert Event.objects.get().details["reason"] == refusal.value.code


@pytest.mark.parametrize("kind", [Kind.RESERVATION, Kind.LINUX_PLAN])
def test_what_is_sold_without_downloads_gets_no_build(file, storage, kind):
    with pytest.raises(Refusal, match="has no downloads"):
        load(file, ProductFactory(kind=kind))
    assert_nothing_left(storage)


def test_the_same_build_is_not_loaded_twice(file, product, storage):
    load(file, product)
    with pytest.raises(Refusal) as refusal:
        load(file, product)
    assert refusal.value.message == f"{product} has a build 2022, en-US, ISO x64 already."
    assert Build.objects.count() == len(stored_files(storage)) == 1
    for change in ({"version": "2019"}, {"language": "ko-KR"}, {"file_type": "VHD"}):
        load(file, product, **change)
    assert Build.objects.count() == 4


@pytest.mark.skipif(not UNREADABLE.exists(), reason="needs a file that can be opened but not read")
def test_a_file_that_cannot_be_read_to_its_end_leaves_nothing(product, storage):
    with pytest.raises(Refusal, match=r"^The file mem cannot be read: Input/output error\."):
        load(UNREADABLE, product)
    assert_nothing_left(storage)


def assert_nothing_left(storage):
    assert stored_files(storage) == []
    assert not Build.objects.exists()
    assert not Event.objects.filter(action=Action.BUILD_IMPORTED).exists()


def test_an_empty_file_is_refused(product, storage, tmp_path):
    empty = tmp_path / "empty.iso"
    empty.touch()
    with pytest.raises(Refusal) as refusal:
        load(empty, product)
    assert refusal.value.code == "file_empty"
    assert_nothing_left(storage)


@pytest.mark.parametrize(
    "name", ['say "hi".iso', "two\nlines.iso", "ウィンドウズ.iso", "عربي\u202e.iso", "%2e%2e.iso", "-rf"]
)
def test_any_name_of_a_file_is_kept_as_it_is(product, tmp_path, name):
    path = tmp_path / name
    path.write_bytes(CONTENT)
    assert load(path, product).file_name == name


def test_a_name_that_is_no_text_is_made_one(product, tmp_path):
    path = Path(os.fsdecode(bytes(tmp_path) + b"/setup\xff.iso"))
    path.write_bytes(CONTENT)
    assert load(path, product).file_name == "setup\ufffd.iso"


def test_progress_is_told_while_a_large_file_is_stored(file, product, monkeypatch):
    monkeypatch.setattr(builds, "_BETWEEN_PROGRESS", 500_000)
    monkeypatch.setattr(builds, "_CHUNK", 100_000)
    told = []
    load(file, product, progress=told.append)
    assert told == [500_000, 1_000_000]


# Another file in the place of the first


def test_a_build_is_given_another_file(file, product, storage, tmp_path, django_capture_on_commit_callbacks):
    build = load(file, product)
    right = tmp_path / "right.iso"
    right.write_bytes(b"the right bytes")
    with django_capture_on_commit_callbacks(execute=True):
        replaced = replace_build_file(build.public_id, right, actor=OPERATOR)
    assert replaced == build
    (stored,) = stored_files(storage)
    assert stored.read_bytes() == b"the right bytes"
    replaced.refresh_from_db()
    assert (replaced.file_name, replaced.size) == ("right.iso", 15)
    assert replaced.sha256 == hashlib.sha256(b"the right bytes").hexdigest()
    assert replaced.imported_at > build.imported_at
    event = Event.objects.filter(action=Action.BUILD_IMPORTED).latest("pk")
    assert event.details["in_place_of"] == {"file": "setup 2022.iso", "sha256": build.sha256}


def test_a_file_that_cannot_take_the_place_leaves_the_first_one(file, product, storage, tmp_path):
    build = load(file, product)
    before = Build.objects.values().get()
    empty = tmp_path / "empty.iso"
    empty.touch()
    for wrong in (empty, tmp_path / "missing.iso", tmp_path):
        with pytest.raises(Refusal):
            replace_build_file(build.public_id, wrong, actor=OPERATOR)
    assert Build.objects.values().get() == before
    (stored,) = stored_files(storage)
    assert stored.read_bytes() == CONTENT


def test_an_uploaded_file_is_stored_like_one_on_the_disk(product, storage):
    build = load(SimpleUploadedFile("up.iso", CONTENT), product)
    assert (build.file_name, build.sha256) == ("up.iso", hashlib.sha256(CONTENT).hexdigest())


# Full disks and interruptions, in a process of its own


def run(file, product, storage, **of_process):
    """Start the command, its storage being `storage`."""
    words = ["--product", product.product_id, "--version", "2022", "--language", "en-US", "--file-type", "ISO x64"]
    return subprocess.Popen(
        [sys.executable, "manage.py", "import_build", str(file), *words],
        cwd=django_settings.BASE_DIR,
        env=os.environ | {"MEDIA_ROOT": str(storage), "PYTHONPATH": ""},
        stderr=subprocess.PIPE,
        text=True,
        **of_process,
    )


def _small_disk():
    """The largest file may have 1 MB; to write on fails like a full disk does, but for the number of the error."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))


@pytest.mark.django_db(transaction=True)
def test_a_full_disk_is_one_clear_sentence_and_leaves_no_half_file(file, storage):
    process = run(file, ProductFactory(), storage, preexec_fn=_small_disk)
    told = process.communicate(timeout=60)[1]
    assert process.returncode == 1
    assert told == (
        "CommandError: There is no room left for the file setup 2022.iso. "
        "Make room in the storage, then try again; nothing was stored.\n"
    )
    assert_nothing_left(storage)


@pytest.mark.django_db(transaction=True)
def test_ctrl_c_leaves_nothing_and_the_command_may_run_again(storage, tmp_path):
    product = ProductFactory()
    endless = tmp_path / "endless.iso"
    os.mkfifo(endless)
    process = run(endless, product, storage)
    with endless.open("wb") as writer:
        writer.write(CONTENT)
        writer.flush()
        until = time.monotonic() + 60
        while not stored_files(storage) and time.monotonic() < until:
            time.sleep(0.05)
        assert stored_files(storage), "the command never began to store"
        time.sleep(1)  # it has taken all there is and waits for more, which Ctrl-C surely ends
        process.send_signal(signal.SIGINT)
        told = process.communicate(timeout=60)[1]
    assert (process.returncode, told) == (1, "CommandError: Stopped; nothing was stored.\n")
    assert_nothing_left(storage)
    whole = tmp_path / "whole.iso"
    whole.write_bytes(CONTENT)
    assert load(whole, product).size == len(CONTENT)


def command(file, product_id, language="en-US"):
    options = {"product": product_id, "version": "2022", "language": language, "file_type": "ISO x64"}
    call_command("import_build", file, **options)


def test_the_command_says_what_was_stored(file, product, capsys):
    command(file, product.product_id)
    digest = hashlib.sha256(CONTENT).hexdigest()
    assert capsys.readouterr().out == f"{product} 2022 en-US ISO x64: 1280000 bytes, SHA-256 {digest}.\n"


def test_the_command_says_what_is_wrong_in_sentences(file, product, tmp_path, storage):
    for arguments, sentence in (
        ((file, "NO-SUCH"), "There is no product NO-SUCH."),
        ((file, product.product_id, "english"), "“english” is not the tag of a language."),
        (
            (tmp_path / "missing.iso", product.product_id),
            f"The file {tmp_path}/missing.iso cannot be read: No such file or directory.",
        ),
        ((tmp_path, product.product_id), f"The file {tmp_path} cannot be read: Is a directory."),
    ):
        with pytest.raises(CommandError) as refusal:
            command(*arguments)
        assert str(refusal.value).startswith(sentence)
    assert_nothing_left(storage)
