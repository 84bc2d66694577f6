"""Run files in which every number of the report is known by hand."""

from __future__ import annotations

import math

import numpy as np

from gpudem.quantities import (
    CHANNELS,
    COLLISION_LOG,
    EVENT_HISTOGRAMS,
    EVENT_SUMS,
    HISTOGRAM_CLASSES,
    PAIR_KINDS,
    SUMMARY,
    histogram_edges,
)
from gpudem.runfile.writer import RunFileWriter
from gpudem.units import RPM

BEADS, INTERVALS, FIRST, STEP = 4, 24, 4, 1e-3
WINDOW = (INTERVALS - FIRST) * STEP
COLUMN = {q.name: k for k, q in enumerate(COLLISION_LOG)}
EVENT = {q.name: k for k, q in enumerate(EVENT_SUMS)}
UNIT = 1e-6

#: Of one interval and the whole bowl, in units of UNIT: bead-bead 4 * (1 + 2), wall 4 * 5.
DISSIPATION = {"bead_bead": 12.0, "bead_wall": 20.0}
NORMAL = {"bead_bead": 16.0, "bead_wall": 24.0}
SHEAR = {"bead_bead": 8.0, "bead_wall": -4.0}
#: Counted for each bead of a pair: 3 beads with 2 each; the wall 4.
CONTACTS = {"bead_bead": 6.0, "bead_wall": 4.0}
#: Dissipation of the 5 events of one interval, and their histogram over the window.
EVENTS = {"bead_bead": (1.0, 1.0, 10.0), "bead_wall": (4.0, 16.0)}


def parameters(speed=600.0, **changes):
    values = {
        "title": "synthetic mill",
        "scene": "synthetic",
        "beads": BEADS,
        "bead_mass": 4e-4,
        "charge_mass": BEADS * 4e-4,
        "product_mass": 17.5e-3,
        "bead_diameter": 5e-3,
        "filling": 0.5,
        "bowl_diameter": 51e-3,
        "bowl_height": 39.2e-3,
        "speed": speed * RPM,
        "ratio": -2.0,
        "sun_wheel_radius": 70e-3,
        "time_step": 1e-6,
        "steps": 1000 * INTERVALS,
        "steps_per_interval": 1000,
        "intervals": INTERVALS,
        "log_interval": STEP,
        "rayleigh_time": 5e-6,
        "softening": 1.0,
        "precision": "f64",
        "seed": 1,
        **changes,
    }
    return {name: value for name, value in values.items() if value != "missing"}


def summary_of(k, power, values, *, scale=1.0, leak=0.0, drift=0.0):
    """Summary of interval k of a steady mill that takes in `power` [W]."""
    speed, radius, mass = values.get("speed", 0.0), 70e-3, BEADS * 4e-4
    reach = 0.5 * power / (mass * speed**3 * radius) if speed else 0.0
    angle = speed * (k + 1) * STEP
    half = 0.5 * power * STEP
    row = {quantity.name: 0.0 for quantity in (*SUMMARY, *CHANNELS)}
    row.update(
        time=(k + 1) * STEP,
        work_body=half,
        work_wall=half,
        work_contact=-half * (1.0 + leak),
        kinetic_energy=2e-3 * scale * (1.0 + drift * k),
        spin_energy=1e-3 * scale,
        stored_energy=1e-5,
        mean_speed=0.8,
        touching_bead_bead=6.0,
        touching_bead_wall=2.0,
        largest_overlap=1e-3,
        centre_x=reach * math.sin(angle),
        centre_y=-reach * math.cos(angle),
        acceleration_x=speed**2 * radius * math.cos(angle),
        acceleration_y=speed**2 * radius * math.sin(angle),
        acceleration_z=-9.81,
        disc_speed=speed,
    )
    return row


def collision_of(scale=1.0, frequency=1.0):
    """Collision log of an interval: bead 3 has bead-bead energy but no new contact there."""
    log = np.zeros((BEADS, 2, len(COLLISION_LOG)))
    unit = UNIT * scale
    log[:, 0, COLUMN["normal_damping"]] = 1.0 * unit
    log[:, 0, COLUMN["sliding"]] = 2.0 * unit
    log[:, 0, COLUMN["normal"]] = 4.0 * unit
    log[:, 0, COLUMN["shear"]] = 2.0 * unit
    log[:3, 0, COLUMN["contacts"]] = 2 * frequency
    log[:3, 0, COLUMN["contacts_loaded"]] = 1 * frequency
    log[:, 1, COLUMN["relaxation"]] = 5.0 * unit
    log[:, 1, COLUMN["normal"]] = 6.0 * unit
    log[:, 1, COLUMN["shear"]] = -1.0 * unit
    log[:, 1, COLUMN["rolling"]] = 0.5 * unit
    # Bead 3 touches no wall anew either, bead 0 does so twice.
    log[:3, 1, COLUMN["contacts"]] = np.array([2, 1, 1]) * frequency
    return log


def events_of(scale=1.0):
    sums = np.zeros((2, len(EVENT_SUMS)))
    for row, kind in zip(sums, PAIR_KINDS, strict=True):
        energy = np.array(EVENTS[kind]) * UNIT * scale
        for name, factor in (("dissipation", 1.0), ("normal", 2.0), ("shear", 0.5)):
            row[EVENT[name]] = factor * energy.sum()
            row[EVENT[f"{name}_squared"]] = (factor**2 * energy**2).sum()
        row[EVENT["events"]] = len(energy)
        row[EVENT["carried_events"]] = 0.05
        row[EVENT["carried_dissipation"]] = 0.8 * UNIT * scale
    return sums


def histograms_of(intervals, scale=1.0):
    counts = np.zeros((2, len(EVENT_HISTOGRAMS), HISTOGRAM_CLASSES), np.int32)
    edges = histogram_edges()
    for row, kind in zip(counts, PAIR_KINDS, strict=True):
        for energy in EVENTS[kind]:
            row[0, np.searchsorted(edges, energy * UNIT * scale, side="right") - 1] += intervals
    return counts


def snapshot_fields():
    return {
        "velocity": np.zeros((BEADS, 3)),
        "angular_velocity": np.zeros((BEADS, 3)),
        "speed": np.zeros(BEADS),
        "collision_power": np.zeros(BEADS),
        "collision_rate": np.zeros(BEADS),
        "contact_force": np.zeros(BEADS),
        "touching": np.zeros(BEADS),
    }


def write_mill(
    path,
    *,
    speed=600.0,
    scale=1.0,
    frequency=1,
    log="beads",
    intervals=INTERVALS,
    finish=True,
    histograms=True,
    leak=0.0,
    power_error=0.0,
    drift=0.0,
    resolved="null",
    **changes,
):
    """Write a run file.

    Args:
        path: the run file.
        speed: of the disc [rpm].
        scale: factor of all energies.
        frequency: factor of all counts.
        log: "beads" or "bowl".
        intervals: intervals written.
        finish: whether the run comes to its end.
        histograms: whether a snapshot holds the histograms.
        leak: share of the contacts' work that appears from nowhere.
        power_error: share by which the input differs from the dissipation.
        drift: relative growth of the kinetic energy per interval.
        resolved: JSON text of the scene.
        changes: other parameters; "missing" drops one.
    """
    values = parameters(speed, **changes)
    power = sum(DISSIPATION.values()) * UNIT * scale / STEP
    position = np.zeros((BEADS, 3))
    with RunFileWriter(
        path,
        parameters=values,
        scene_source="",
        overrides=[],
        resolved=resolved,
        radius=np.full(BEADS, 2.5e-3),
        log=log,
        log_first_interval=FIRST,
    ) as writer:
        for k in range(intervals):
            row = summary_of(
                k, power * (1.0 + power_error), values, scale=scale, leak=leak, drift=drift
            )
            events = events_of(scale) if k >= FIRST else None
            writer.append_interval(row, collision_of(scale, frequency), events, 0.1)
        if histograms:
            counts = histograms_of(intervals - FIRST, scale)
            writer.append_snapshot(intervals * STEP, position, snapshot_fields(), counts)
        if finish:
            alive = {"alive_events": 2.0, "alive_dissipation": 3.2 * UNIT * scale}
            writer.finish(
                {kind: alive for kind in PAIR_KINDS},
                {"device": "cpu", "threads": 2, "wall_seconds": 2.4},
            )
    return path
