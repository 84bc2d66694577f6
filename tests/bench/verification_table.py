"""Prints the measured side of docs/theory/verification.md.

python tests/bench/verification_table.py
"""

import numpy as np

from gpudem import load_scene
from gpudem.device import start as device
from gpudem.engine.collected import ledger_of
from gpudem.kernels import layout as at
from gpudem.running.simulation import Simulation
from gpudem.scene.build import build_case
from tests.factories import above_plane, hertz_mindlin, run_until_free

FRACTIONS = (0.2, 0.1, 0.05, 0.02)


def hit(fraction, contact, velocity, gap):
    simulation = Simulation(above_plane(velocity, contact=contact, fraction=fraction, gap=gap))
    run_until_free(simulation)
    return simulation


def restitution() -> None:
    """Errors over sixteen phases of the onset within a step."""
    print("restitution 0.15, bead on a wall at 1 m/s; mean and largest error over 16 onsets")
    contact = hertz_mindlin(0.15, 0.0, 0.0)
    last = None
    for fraction in FRACTIONS:
        step = fraction * 2.33e-6
        out = [
            hit(fraction, contact, (0, 0, -1.0), 1e-7 + step * k / 16).velocity[0, 2]
            for k in range(16)
        ]
        error = np.abs(np.array(out) / 0.15 - 1)
        order = (
            ""
            if last is None
            else f"  order {np.log(last[1] / error.max()) / np.log(last[0] / fraction):.2f}"
        )
        print(f"  {fraction:5}  mean {np.mean(out):.5f}  largest {100 * error.max():.2f} %{order}")
        last = fraction, error.max()


def sliding() -> None:
    print("oblique hit, v_n 1, v_x 2.2, mu 0.5, e 0.15 (1.625 m/s, 575 rad/s)")
    contact = hertz_mindlin(0.15, 0.5, 0.5, rolling_friction=0.0)
    for fraction in (0.2, 0.02):
        simulation = hit(fraction, contact, (2.2, 0, -1.0), 1e-7)
        print(
            f"  {fraction:5}  {simulation.velocity[0, 0]:.4f} m/s  "
            f"{simulation.angular_velocity[0, 1]:.1f} rad/s"
        )


def ledgers() -> None:
    print("ledgers of the Pulverisette 7 bowl, 367 beads, 600 rpm, 30 to 50 ms")
    for fraction in FRACTIONS:
        scene = load_scene("pulverisette7", (f"run.rayleigh_fraction={fraction}",))
        simulation = Simulation(build_case(scene))
        simulation.advance_to(0.03)
        start = simulation.collect().sample
        simulation.advance_to(0.05)
        end = simulation.collect()
        found = ledger_of(start, end)
        put_in = found.work_body + found.work_wall
        lost = end.log[:, :, at.NORMAL_DAMPING : at.LOG_ENERGIES]
        a, b = found.from_nowhere / put_in, found.missed / put_in
        print(
            f"  {fraction:5}  work-energy {a:+.1e}  channels {100 * b:+.3f} %  "
            f"smallest channel over the sum {lost.min() / lost.sum():+.1e}"
        )


if __name__ == "__main__":
    print(device.start("cpu").describe())
    restitution()
    sliding()
    ledgers()
