"""Ratios of two peers that were measured in turn, with their intervals, and the machine that they were measured on."""

import dataclasses
import datetime
import math
import os
import platform
import re
import statistics

# Student's t for intervals of 95 %, by degrees of freedom; beyond them it is at most the last.
STUDENT_T = (math.inf, 12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23)


@dataclasses.dataclass
class Ratio:
    """The geometric mean of the rounds' ratios, and its interval of 95 %; of one round there is no interval."""

    mean: float
    low: float
    high: float

    def __str__(self):
        return f"{self.mean:.2f} ({self.low:.2f} to {self.high:.2f})" if self.low else f"{self.mean:.2f} (one round)"


def ratio(ours, theirs):
    """The n-th of `ours` and of `theirs` were measured in the same round."""
    logarithms = [math.log(a / b) for a, b in zip(ours, theirs, strict=True)]
    mean, rounds = statistics.mean(logarithms), len(logarithms)
    if rounds == 1:
        return Ratio(math.exp(mean), 0, math.inf)
    half = STUDENT_T[min(rounds, len(STUDENT_T)) - 1] * statistics.stdev(logarithms) / math.sqrt(rounds)
    return Ratio(*(math.exp(mean + shift) for shift in (0, -half, half)))


def machine():
    """What runs this, how busy it is already, and the day."""
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        model = re.search(r"model name\s*: (.*)", file.read())
    return (f"{os.cpu_count()} cores ({model.group(1) if model else platform.machine()}), Linux {platform.release()}, "
            f"load {os.getloadavg()[0]:.1f}, {datetime.date.today()}")
