"""Every number of the API's errors is what some test is answered (partner-center-api.md, 1.8 and 6.1)."""

import ast
from pathlib import Path

from csp_portal.api.codes import BY_KIND, BY_REASON, BY_STATUS

TOO_MANY_CALLS = (429, "429")  # has a body of its own, without a number


def expected_by(test_module):
    """Each `(status, "number", …)` that stands in the module, which is how tests write what `refusal_of` answers."""
    for node in ast.walk(ast.parse(test_module.read_text())):
        if isinstance(node, ast.Tuple):
            yield tuple(getattr(element, "value", None) for element in node.elts[:2])


def test_every_number_is_what_a_test_expects():
    told = {*BY_STATUS.items(), *BY_REASON.values(), *BY_KIND.values()} - {TOO_MANY_CALLS}
    expected = {pair for module in Path(__file__).parent.glob("test_*.py") for pair in expected_by(module)}
    assert told - expected == set()
