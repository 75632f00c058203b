"""The faults of `make mutants` fit the code as it is; that the suite notices them is what `make mutants` runs."""

from pathlib import Path

import pytest

from tests.mutants import Mutant, all_mutants

CHECKOUT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize("mutant", all_mutants(), ids=lambda mutant: mutant.name)
def test_a_fault_changes_one_line_that_is_there_and_names_its_tests(mutant: Mutant):
    source = (CHECKOUT / mutant.file).read_text(encoding="utf-8")
    changed = mutant.planted_in(source)
    if mutant.file.endswith(".py"):
        compile(changed, mutant.file, "exec")
    differing = [pair for pair in zip(source.splitlines(), changed.splitlines(), strict=True) if pair[0] != pair[1]]
    assert len(differing) == 1
    assert mutant.tests
    assert [test for test in mutant.tests if not (CHECKOUT / test).exists()] == []


def test_the_faults_have_names_of_their_own():
    names = [mutant.name for mutant in all_mutants()]
    assert len(names) == len(set(names)) >= 12
