"""Every defect of DESIGN's section 9: found where it is, and not where it is mended.

    python -m pytest -s -m "slow or not slow" tests/runtime/assertions/test_defects.py

prints the table: what was measured for both, and how many draws that took.
"""

import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import pytest

from randlint_runtime.assertions import BiasedGradientError, assert_unbiased_gradient
from randlint_runtime.assertions._statistics import Verdict

sys.path.insert(0, str(Path(__file__).parents[3] / "benchmarks"))
sys.path.insert(0, str(Path(__file__).parent))
import false_alarms
from defects import DEFECTS, NAN

KEY = jax.random.key(0)
NAMES = [
    pytest.param(name, marks=[pytest.mark.slow] if defect.slow else [])
    for name, defect in DEFECTS.items()
]


@pytest.fixture(scope="module", autouse=True)
def table():
    rows = []
    yield rows
    if rows:
        print(f"\n{'defect':32} {'reference':>11} {'wrong':>28} {'right':>28}")
    for name, wrong, right in rows:
        print(f"{name:32} {wrong.reference[0]:11.5g} {summary(wrong)} {summary(right)}")


def summary(report):
    lost = f" {report.non_finite:.0%} NaN" if report.non_finite else ""
    text = f"{report.mean[0]:.4g} z {report.z[0]:+.0f}{lost} {report.draws}"
    return f"{text:>28} {report.verdict}"


@pytest.mark.parametrize("name", NAMES)
def test_found_where_it_is_and_not_where_it_is_mended(name, table):
    defect = DEFECTS[name]
    with pytest.raises(BiasedGradientError) as caught:
        assert_unbiased_gradient(defect.wrong, defect.theta, KEY, **defect.options)
    wrong = caught.value.report
    right = assert_unbiased_gradient(defect.right, defect.theta, KEY, n=defect.n, **defect.options)
    table.append((name, wrong, right))
    assert wrong.verdict is Verdict.DIFFERENT
    assert right.verdict is not Verdict.DIFFERENT
    assert right.non_finite == 0.0


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=[pytest.mark.slow] if "dir" in n else []) for n in NAN]
)
def test_where_derivatives_are_nan(name):
    """All of them with the newest jax, fewer with the oldest one that is supported."""
    wrong, right, theta = NAN[name]
    with pytest.raises(BiasedGradientError, match=r"\d\d% of the derivatives are not finite"):
        assert_unbiased_gradient(wrong, theta, KEY, gradient=1.0)
    slopes = jax.jit(jax.vmap(jax.grad(right), (None, 0)))(theta, jax.random.split(KEY, 4096))
    assert jnp.isfinite(slopes).all()


@pytest.mark.slow
@pytest.mark.parametrize("setting", false_alarms.SETTINGS, ids=lambda s: s.name)
def test_a_thousand_runs_on_correct_gradients(setting):
    """No alarm at the default; at one per cent, no more than chance allows at that rate."""
    alarms, total, most = false_alarms.count(setting, 1000)
    print(f"{setting.name}: {alarms} false alarms in {total} runs at {setting.alpha:g}")
    assert total >= 1000
    assert alarms <= most
