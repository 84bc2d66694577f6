"""Values with errors, as people write them."""

import math

import pytest

from gpudem.report.value import Value


@pytest.mark.parametrize(
    ("value", "error", "kind", "text"),
    [
        (12.34, 0.96, "power", "12.3 ± 1.0 W"),
        (37.219, 0.382, "power", "37.2 ± 0.4 W"),
        (37.219, 0.0962, "power", "37.22 ± 0.10 W"),
        (1234567.0, 4567.0, "rate", "(1.235 ± 0.005) ×10⁶/s"),
        (455661.0, 4065.0, "rate", "(456 ± 4) ×10³/s"),
        (7084.0, 330.0, "time", "118 ± 5 min"),
        (7084.0, None, "time", "118 min"),
        (7084.0, math.nan, "time", "118 min"),
        (5.2, 3e-5, "power", "5.200 W"),
        (0.123, 0.0012, "share", "12.30 ± 0.12 %"),
        (-0.123, 0.0012, "share", "-12.30 ± 0.12 %"),
        (3e-7, 3e-8, "energy", "0.30 ± 0.03 µJ"),
        (70.58, 1.04, "specific_power", "0.0706 ± 0.0010 W/g"),
        (1500.0, 1200.0, "power", "1500 ± 1200 W"),
        (2550e3, 26e3, "specific_energy", "2550 ± 30 J/g"),
        (1e9, None, "time", "more than a year"),
        (None, None, "energy", "-"),
        (math.nan, 1.0, "energy", "-"),
        (4.12e8, None, "count", "0.412 billion"),
        (0.0, 0.0, "power", "0 mW"),
    ],
)
def test_rounded_to_what_the_error_says(value, error, kind, text):
    assert Value(value, kind, error).text == text


def test_rough_values_have_two_digits():
    assert Value(235.2, "time").rough == "3.9 min"
    assert Value(None, "time").rough == "-"
