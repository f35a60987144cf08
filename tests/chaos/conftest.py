"""Random choices are repeatable: a failed test prints its seed."""

import os
import random

import pytest


@pytest.fixture(autouse=True)
def seed():
    value = int(os.environ.get("SOUK_CHAOS_SEED", random.SystemRandom().randrange(1 << 32)))
    random.seed(value)
    print(f"SOUK_CHAOS_SEED={value}")
    return value
