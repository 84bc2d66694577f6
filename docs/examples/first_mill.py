# %% [markdown]
# # A first mill, from Python
#
# A small planetary mill of 60 beads: look inside while it runs, record it, and work out stress
# energy and stress frequency from its collision log. Run it as a script
# (`python first_mill.py`) or cell by cell in an editor that knows `# %%`. It takes about ten
# seconds, and some more the first time, and writes into the current folder.

# %%
from pathlib import Path

import numpy as np

from gpudem import Simulation, load_scene, open_run, scene_warnings
from gpudem.report.report import analyse

# %% [markdown]
# ## The scene
#
# Start from a scene that comes with gpudem and change what differs, as `--set` does on the
# command line. Quantities carry their units; the loaded scene is in SI units throughout.

# %%
scene = load_scene(
    "pulverisette7",
    [
        "beads.count=60",
        "run.duration=30 ms",
        "run.log_from=10 ms",
        "run.snapshot_interval=5 ms",
    ],
)
print(
    f"{scene.bead_count} beads of {1e3 * scene.beads[0].diameter:g} mm, filling {scene.filling:.3f}"
)
print(f"{scene.steps} steps of {1e6 * scene.time_step:.3f} microseconds")
for warning in scene_warnings(scene):
    print("warning:", warning)

# %% [markdown]
# ## Step by step
#
# A `Simulation` keeps its beads on the device; its arrays are copied to numpy when asked for.
# Places and speeds are those in the bowl's frame, which travels with the bowl but does not turn.

# %%
simulation = Simulation(scene)
print(f"device: {simulation.device.describe()}")
times, energies = [], []
for time in np.arange(0.0, 0.0301, 0.002):
    simulation.advance_to(time)
    speed = np.linalg.norm(simulation.velocity, axis=1)
    times.append(simulation.time)
    energies.append(0.5 * scene.bead_mass * (speed**2).sum())
    if len(times) % 5 == 1:
        print(
            f"t = {1e3 * simulation.time:4.1f} ms: mean speed {speed.mean():.2f} m/s, "
            f"kinetic energy {1e3 * energies[-1]:.1f} mJ"
        )

# %% [markdown]
# The state of this moment: one row a bead.

# %%
position, spin = simulation.position, simulation.angular_velocity
reach = np.hypot(position[:, 0], position[:, 1]) + simulation.radius
print(f"farthest bead surface: {1e3 * reach.max():.2f} mm from the axis")
print(f"bowl's wall: {1e3 * 0.5 * scene.bowl.diameter:.2f} mm")
print(f"fastest spin: {np.linalg.norm(spin, axis=1).max():.0f} rad/s")

# %% [markdown]
# And its contacts, with the forces that act on `bead`. A negative `partner` is a wall: -1 the
# shell, -2 the bottom, -3 the lid.

# %%
contacts = simulation.contacts()
force = np.linalg.norm(contacts["force"], axis=1)
walls = contacts["partner"] < 0
print(f"{len(force)} contacts, {walls.sum()} with the wall")
for k in np.argsort(force)[::-1][:3]:
    normal_force = contacts["force"][k] @ contacts["normal"][k]
    print(
        f"  bead {contacts['bead'][k]} and {contacts['partner'][k]}: {force[k]:.2f} N, of which "
        f"{normal_force:.2f} N along the normal, overlap {1e6 * contacts['overlap'][k]:.2f} um"
    )

# %% [markdown]
# ## A whole run with its file
#
# `run` takes a fresh simulation to the end of its scene and writes everything to a run file,
# which ParaView opens as it is.

# %%
path = Simulation(scene).run(Path("first_mill.vtkhdf"), overwrite=True)
run = open_run(path)
print(run)
print(f"{run.snapshots} snapshots, {run.logged_intervals} logged intervals")
last = run.snapshot()
assert np.array_equal(last["position"].values, simulation.position), "not the same mill"

# %% [markdown]
# The last assertion says that both simulations are the same to the last bit: looking inside did
# not change anything, and the same scene gives the same result.
#
# ## SE and SF by hand
#
# The collision log holds, for every bead and interval, the energies of its contacts and the
# number of contacts that began; bead-bead and bead-wall apart. A bead-bead contact gives half of
# its energy, and one count, to each of its two beads. Dividing summed energy by summed counts gives
# the stress energy SE, counts by time the stress frequency SF.

# %%
duration = run.logged_intervals * scene.run.log_interval
energy = run.log["dissipation"].astype(float).sum(["interval", "bead"])
counts = run.log["contacts"].astype(float).sum(["interval", "bead"])
dissipated = float(energy.sum())
by_bead = float(counts.sum())
by_event = float(0.5 * counts.sel(pair_kind="bead_bead") + counts.sel(pair_kind="bead_wall"))
hand = {
    "bead": (dissipated / by_bead, by_bead / duration),
    "event": (dissipated / by_event, by_event / duration),
}
for convention, (stress_energy, stress_frequency) in hand.items():
    print(
        f"per {convention}: SE {1e6 * stress_energy:.1f} uJ, SF {stress_frequency:.0f} 1/s, "
        f"product {stress_energy * stress_frequency:.3f} W"
    )

# %% [markdown]
# Both products are the dissipated power. SE of one convention with SF of the other is not.
#
# `analyse` gives the same numbers, and all others of the report, as one dictionary.

# %%
result = analyse(run)
for convention, (stress_energy, stress_frequency) in hand.items():
    told = result["stress_energy"]["dissipation"][convention]
    # The bead log is kept in single precision, the sums of the bowl in double.
    assert abs(stress_energy / told - 1.0) < 1e-5
    assert abs(stress_frequency / result["stress_frequency"][convention] - 1.0) < 1e-9
print(f"power {result['power']['dissipation']['total']:.3f} W, as by hand")
print(f"work-energy ledger closes to {result['ledger']['work_energy']:.1e} of the input")
print(f"steady: {result['steady']} (30 ms are far too short for that)")

# %% [markdown]
# ## Which beads work most?
#
# Everything in the file carries its dimensions, so sums over anything are one line.

# %%
per_bead = run.bead_totals()["dissipation"].sum("pair_kind").values / duration
hardest = np.argsort(per_bead)[::-1][:3]
print("hardest working beads:", ", ".join(f"{b} ({1e3 * per_bead[b]:.0f} mW)" for b in hardest))

# %% [markdown]
# ## Tables for other programs

# %%
for table in run.to_csv("first_mill_tables"):
    print(f"wrote {table}")
run.close()
