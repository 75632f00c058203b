"""`python -m csp_portal.deployment.health`: whether the web server of this container answers.

It asks as nginx does, for a page that needs no store: a database that is down must not have every web container killed.
"""

import os
import sys
from http.client import HTTPConnection, HTTPException

PAGE = "/robots.txt"
SECONDS = 5


def answers(port: int, host_name: str) -> bool:
    """Whether the server on `port` gives the page to somebody who knows it as `host_name`."""
    connection = HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    try:
        connection.request("GET", PAGE, headers={"Host": host_name, "X-Forwarded-Proto": "https"})
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    host_name = os.environ["ALLOWED_HOSTS"].partition(",")[0].strip().lstrip(".*") or "localhost"
    sys.exit(0 if answers(int(os.environ.get("PORT", "8000")), host_name) else 1)
