"""Lets the tests here say `from drawing_cases import ...`: importlib mode leaves sys.path alone."""

import sys
from pathlib import Path

import pytest

HERE = str(Path(__file__).resolve().parent)
if HERE not in sys.path:
    sys.path.insert(0, HERE)


@pytest.fixture(autouse=True, scope="session")
def quick_harness(packages_looked_through_once: None) -> None: ...
