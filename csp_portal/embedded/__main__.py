"""Remove a `var/` folder and what belongs to it in the temporary directory; `make clean` calls it."""

import sys
from pathlib import Path

from csp_portal import embedded

if __name__ == "__main__":
    try:
        embedded.remove(Path(sys.argv[1]))
    except embedded.ServerError as error:
        sys.exit(str(error))
