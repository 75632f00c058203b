"""What the containers are made of fits the portal, as far as it can be told without running them."""

import json
import re
import socket
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from csp_portal.deployment import health
from csp_portal.deployment.collect_static import made_up
from csp_portal.frontend import PACKAGES
from tests.test_production_settings import CHECKOUT, REQUIRED

COMPOSE_TEXT = (CHECKOUT / "docker-compose.yml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(COMPOSE_TEXT)
SERVICES = COMPOSE["services"]
DOCKERFILE = (CHECKOUT / "Dockerfile").read_text()
NGINX = (CHECKOUT / "csp_portal/deployment/nginx.conf.template").read_text()
OF_PORTAL = ("web", "worker", "beat", "migrate")
SECRET = re.compile(r"SECRET|PASSWORD|_KEYS?$|_URL$")
NO_SECRET = {"S3_ENDPOINT_URL", "S3_PUBLIC_URL", "SITE_URL", "PORTAL_TLS_KEY"}  # an address, or where a key lies
MUST_BE_GIVEN = re.compile(r"\$\{[A-Z0-9_]+:\?\}")
PINNED = re.compile(r".+:v?\d+\.\d+(\.\d+)?(-\w+)*|.+:RELEASE\.\d{4}-\d{2}-\d{2}T[\d-]+Z")
OWN_IMAGES = ("csp-portal/portal:${PORTAL_VERSION:-0.1.0}", "csp-portal/proxy:${PORTAL_VERSION:-0.1.0}")


def test_the_compose_file_follows_the_compose_specification():
    """The schema is the one that Docker Compose 2.40.3 carries (Apache License 2.0)."""
    schema = json.loads((CHECKOUT / "tests/data/compose-spec.json").read_text())
    jsonschema.Draft7Validator(schema).validate(COMPOSE)


def test_the_dockerfile_has_no_fault_that_hadolint_knows():
    hadolint = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([hadolint, CHECKOUT / "Dockerfile"], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("service", OF_PORTAL)
def test_every_service_of_the_portal_is_given_all_that_production_requires(service):
    given = SERVICES[service]["environment"]
    assert REQUIRED.keys() <= given.keys()
    assert given["ENVIRONMENT"] == "production"
    for name in REQUIRED:
        value = given[name]
        assert value, f"{name} is empty"
        assert not value.startswith("${") or MUST_BE_GIVEN.fullmatch(value), f"{name} may be empty"


def test_no_secret_has_a_default():
    for name, default in re.findall(r"\$\{([A-Z0-9_]+):?-([^}]*)\}", COMPOSE_TEXT):
        assert not default or not SECRET.search(name), f"{name} has a default"
    for service, config in SERVICES.items():
        for name, value in config.get("environment", {}).items():
            if SECRET.search(name) and name not in NO_SECRET:
                assert "${" in value, f"{name} of {service} stands in the file"
                assert not re.search(r"://[^$]*:[^$@/]+@", value), f"{name} of {service} holds a password"


def test_only_the_one_that_migrates_can_be_more_than_the_web_role():
    for service, config in SERVICES.items():
        stronger = {"DATABASE_OWNER_URL", "DATABASE_SUPERUSER_URL"} & config.get("environment", {}).keys()
        assert bool(stronger) == (service == "migrate")


def test_images_are_pinned():
    taken = {config["image"] for config in SERVICES.values()} - {*OWN_IMAGES}
    taken |= {image for image in re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE) if ":" in image}
    assert len(taken) >= 5
    assert [image for image in taken if not PINNED.fullmatch(image)] == []


def test_no_container_of_the_portal_is_root_or_may_write_to_its_own_files():
    assert "USER 10001:10001" in DOCKERFILE.partition(" AS portal")[2].partition(" AS proxy")[0]
    assert "USER 10001:10001" in DOCKERFILE.partition(" AS proxy")[2]
    for service in ("nginx", *OF_PORTAL):
        assert SERVICES[service]["read_only"] is True
        assert SERVICES[service]["cap_drop"] == ["ALL"]


def test_what_a_container_writes_lies_in_a_folder_that_only_its_user_opens():
    for service in ("nginx", *OF_PORTAL):
        assert SERVICES[service]["tmpfs"] == ["/run/portal:uid=10001,gid=10001,mode=0700"]
    assert "VAR_DIR=/run/portal" in DOCKERFILE
    assert "TMPDIR=/run/portal" in DOCKERFILE
    assert SERVICES["nginx"]["environment"]["PORTAL_TEMPORARY"] == "/run/portal"
    assert "/run/portal/nginx.conf" in DOCKERFILE
    assert "/tmp" not in DOCKERFILE


def test_web_and_worker_can_be_scaled():
    for service in ("web", "worker"):
        assert not {"container_name", "ports", "hostname"} & SERVICES[service].keys()
    assert "resolver ${PORTAL_RESOLVER}" in NGINX
    assert "proxy_pass $web;" in NGINX  # by a variable: nginx asks for the address again and again


def test_each_starts_after_what_it_needs():
    for service in ("web", "worker", "beat"):
        assert SERVICES[service]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
        assert SERVICES[service]["depends_on"]["valkey"] == {"condition": "service_healthy"}
    assert SERVICES["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    for service in ("postgres", "valkey", "worker", "beat", "storage"):
        assert SERVICES[service]["healthcheck"]["test"]
    assert DOCKERFILE.count("HEALTHCHECK") == 2  # of web and nginx


def test_nginx_is_given_every_value_of_its_configuration_and_no_other():
    named = set(re.findall(r"\$\{(PORTAL_[A-Z_]+)\}", NGINX))
    given = {name for name in SERVICES["nginx"]["environment"] if name.startswith("PORTAL_")}
    assert named == given


def test_nginx_reads_the_files_that_the_portal_names():
    assert SERVICES["web"]["environment"]["X_ACCEL_PREFIX"] == "/_files/"
    assert "location /_files/whole/" in NGINX
    assert "files:/srv/files" in SERVICES["web"]["volumes"]
    assert "files:/srv/files:ro" in SERVICES["nginx"]["volumes"]
    assert "MEDIA_ROOT=/srv/files" in DOCKERFILE


def test_the_worker_reads_where_nginx_writes_what_it_has_sent():
    assert "transfers:/srv/transfers" in SERVICES["nginx"]["volumes"]
    assert "transfers:/srv/transfers" in SERVICES["worker"]["volumes"]
    assert {"files:/srv/files", "uploads:/srv/uploads"} <= {*SERVICES["worker"]["volumes"]}
    assert SERVICES["nginx"]["environment"]["PORTAL_TRANSFERS"] == "/srv/transfers"
    assert SERVICES["worker"]["environment"]["TRANSFER_LOGS"] == "/srv/transfers"
    for image in DOCKERFILE.split("\nFROM ")[-2:]:  # a volume is owned by whoever's folder it first takes the place of
        assert "/srv/transfers" in image


def copied() -> list[str]:
    """What the Dockerfile copies from the checkout."""
    lines = re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE)
    return [source for line in lines for source in line.split()[:-1]]


def test_the_image_holds_every_package_of_the_portal_and_every_front_end_file():
    packages = words_of_pyproject("root_packages")
    assert {*packages, "templates", "manage.py"} <= {*copied()}
    for package in PACKAGES:
        assert f"node_modules/{package.folder} node_modules/{package.folder}\n" in DOCKERFILE


def words_of_pyproject(name: str) -> list[str]:
    """A list of words in pyproject.toml."""
    found = re.search(rf"^{name} = (\[.*\])$", (CHECKOUT / "pyproject.toml").read_text(), re.MULTILINE)
    assert found
    return json.loads(found[1])


def test_what_is_not_copied_never_reaches_the_builder():
    first, *let_in = [
        line for line in (CHECKOUT / ".dockerignore").read_text().split("\n") if line.startswith(("*", "!"))
    ]
    assert first == "*"
    allowed = [line[1:] for line in let_in if line.startswith("!")]
    for source in copied():
        assert any(fnmatch(source.partition("/")[0], pattern) for pattern in allowed), f"{source} is ignored"
    assert not {"var", ".env", ".git", "tests"} & {*allowed}


def test_the_values_made_up_for_collecting_static_files_are_all_that_is_required():
    assert made_up().keys() == REQUIRED.keys()


def test_the_health_check_knows_a_server_that_answers(live_server):
    port = live_server.thread.port
    assert health.answers(port, "localhost")
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        assert not health.answers(nobody.getsockname()[1], "localhost")


def test_the_guide_explains_every_setting_and_every_value_of_the_containers():
    guide = (CHECKOUT / "docs/production.md").read_text()
    settings = (CHECKOUT / "csp_portal/settings.py").read_text()
    read = set(re.findall(r'(?:env\.\w+|_required|_secret\w*|_fernet_keys|_operator)\("([A-Z0-9_]+)"', settings))
    given = set(re.findall(r"\$\{([A-Z0-9_]+)[:}?-]", COMPOSE_TEXT)) | {*re.findall(r"\$\{(PORTAL_[A-Z_]+)\}", NGINX)}
    assert len(read) > 30
    assert sorted(name for name in read | given if name not in guide) == []
