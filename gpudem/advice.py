"""What a scene may say but seldom should: one sentence for each thing worth a second thought."""

from __future__ import annotations

from gpudem.scene import Scene
from gpudem.units import format_quantity

#: Damping ratio times step over Rayleigh time above which strong dampers are not resolved: the
#: channels of the ledger then miss more than about 2 % (docs/theory/integration.md).
DAMPING_LIMIT = 0.18
#: Highest share of a bowl that random packings of beads fill.
RANDOM_PACKING = 0.64


def warnings(scene: Scene) -> list[str]:
    """List what is accepted but worth a second thought.

    Args:
        scene: the scene.

    Returns:
        One sentence each, naming the key.
    """
    return [*_of_the_step(scene), *_of_the_run(scene), *_of_the_charge(scene)]


def _of_the_step(scene: Scene) -> list[str]:
    found = []
    run, contact = scene.run, scene.contact
    if contact.softening != 1.0:
        longer = contact.softening**0.4
        found.append(
            f"contact.softening = {contact.softening:g}: contacts last {longer:.3g} times "
            "longer and more of them merge; compare counts with a run at softening = 1"
        )
    if run.rayleigh_fraction > 0.2 * (1.0 + 1e-9):
        found.append(
            f"run.rayleigh_fraction = {run.rayleigh_fraction:g}: above 0.2 the energies "
            "are no longer resolved; see the ledger of the run"
        )
    if scene.time_step > 0.1 * scene.hertz_time:
        found.append(
            f"the time step of {format_quantity(scene.time_step, 'time', 3)} is above a "
            f"tenth of the shortest impact ({format_quantity(scene.hertz_time, 'time', 3)} at "
            f"{scene.impact_speed_bound:.3g} m/s); lower run.rayleigh_fraction"
        )
    return found + _of_the_damper(scene)


def _of_the_damper(scene: Scene) -> list[str]:
    from gpudem.restitution import thornton_damping_ratio

    found = []
    for key, pair in (
        ("bead_bead", scene.contact.bead_bead),
        ("bead_wall", scene.contact.bead_wall),
    ):
        if pair.restitution > 0.12:
            continue
        ratio = thornton_damping_ratio(max(pair.restitution, 0.02))
        if ratio * scene.run.rayleigh_fraction > DAMPING_LIMIT:
            found.append(
                f"contact.{key}.restitution = {pair.restitution:g}: so strong a damper needs a "
                f"smaller step; set run.rayleigh_fraction = {0.8 * DAMPING_LIMIT / ratio:.2g}"
            )
        if pair == scene.contact.bead_bead:
            break
    return found


def _of_the_run(scene: Scene) -> list[str]:
    found = []
    run = scene.run
    for key, start in (("ramp", "ramp"), ("settle", "settled")):
        if key in run.model_fields_set and run.start != start:
            found.append(f'run.{key} has no effect with start = "{run.start}"')
    if run.start == "ramp" and run.log_from < run.ramp:
        found.append("run.log_from lies within the ramp; the window is not steady")
    if run.snapshot_interval > run.duration:
        found.append(
            "run.snapshot_interval is longer than run.duration: only the first and the last "
            "moment are stored"
        )
    return found


def _of_the_charge(scene: Scene) -> list[str]:
    found = []
    solid = scene.charge_mass / scene.beads.density / scene.bowl.volume
    if solid > RANDOM_PACKING:
        found.append(
            f"{scene.bead_count} beads take {100 * solid:.3g} % of the bowl; "
            f"random packings reach about {100 * RANDOM_PACKING:g} %"
        )
    if not scene.bowl.closed and scene.mill.speed > 0.0:
        found.append("bowl.closed = false: a bead that leaves over the rim stops the run")
    return found
