"""What a scene may say but seldom should: one sentence for each thing worth a second thought."""

from __future__ import annotations

import math

from gpudem.scene.beads import Beads
from gpudem.scene.tables import Scene
from gpudem.scene.toml_text import parse_toml
from gpudem.units import format_quantity, parse_quantity

#: Highest share of a bowl that random packings of beads fill.
RANDOM_PACKING = 0.64
#: Gap between stirrer and vessel over a bead's diameter below which beads jam in it.
NARROWEST_GAP = 3.0
#: Above the bulk density of every powder, tungsten's included [kg/m3].
HEAVIEST_POWDER = 1e4


def warnings(scene: Scene) -> list[str]:
    """List what is accepted but worth a second thought.

    Args:
        scene: the scene.

    Returns:
        One sentence each, naming the key.
    """
    return [
        *_of_the_step(scene),
        *_of_the_run(scene),
        *_of_the_charge(scene),
        *_of_the_volume(scene),
        *_of_the_amount(scene),
        *scene.mill.warnings(2.0 * scene.bowl.vessel.radius),
        *_of_the_stirrer(scene),
        *_of_the_materials(scene),
        *_of_the_product(scene),
    ]


def _of_the_step(scene: Scene) -> list[str]:
    found = []
    run, contact = scene.run, scene.contact
    if contact.softening != 1.0:
        longer = contact.softening**contact.bead_bead.DURATION_EXPONENT
        found.append(
            f"contact.softening = {contact.softening:g}: contacts last {longer:.3g} times "
            "longer and more of them merge; compare counts with a run at softening = 1"
        )
    if run.rayleigh_fraction > 0.2 * (1.0 + 1e-9):
        found.append(
            f"run.rayleigh_fraction = {run.rayleigh_fraction:g}: above 0.2 the energies "
            "are no longer resolved; see the ledger of the run"
        )
    if scene.time_step > 0.1 * scene.impact_time:
        found.append(
            f"the time step of {format_quantity(scene.time_step, 'time', 3)} is above a "
            f"tenth of the shortest impact ({format_quantity(scene.impact_time, 'time', 3)} at "
            f"{scene.impact_speed_bound:.3g} m/s); lower run.rayleigh_fraction"
        )
    for key, pair in (("bead_bead", contact.bead_bead), ("bead_wall", contact.bead_wall)):
        if key == "bead_bead" or pair != contact.bead_bead:
            found += pair.step_warnings(f"contact.{key}", run.rayleigh_fraction)
    return found


def _of_the_run(scene: Scene) -> list[str]:
    found = _of_whole_cycles(scene)
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


def _of_the_amount(scene: Scene) -> list[str]:
    """Say where a filling ratio that was set took the place of a number of beads."""
    set_here = {setting.partition("=")[0].strip() for setting in scene.overrides}
    written = parse_toml(scene.source_text, scene.source_name).get("beads", {})
    if not isinstance(written, dict):
        return []
    if "beads.filling" not in set_here or "count" not in written:
        return []
    return [f"beads.filling replaces beads.count = {written['count']!r} of the file"]


def _of_the_volume(scene: Scene) -> list[str]:
    """Say where a size that was set took the place of the nominal volume."""
    if not any(
        setting.partition("=")[0].strip().startswith("bowl.") for setting in scene.overrides
    ):
        return []
    written = parse_toml(scene.source_text, scene.source_name).get("bowl", {}).get("volume")
    if written is None or any("bowl.volume" in setting for setting in scene.overrides):
        return []
    nominal, inside = parse_quantity(written, "volume"), scene.bowl.volume
    if abs(nominal / inside - 1.0) <= 0.01:
        return []
    shown = format_quantity(inside, "volume", 4)
    return [
        f"bowl.volume = {written!r} no longer holds with these sizes; the bowl has {shown}, which "
        "beads.filling is a share of"
    ]


def _of_the_stirrer(scene: Scene) -> list[str]:
    """Say where beads jam between the stirrer and the vessel."""
    vessel = scene.bowl.vessel
    stirrer = scene.mill.stirrer(vessel.height)
    if stirrer is None:
        return []
    gap, diameter = vessel.radius - stirrer.reach, max(beads.largest for beads in scene.beads)
    if gap >= NARROWEST_GAP * diameter:
        return []
    shown = format_quantity(gap, "length", 3)
    return [
        f"the gap of {shown} between stirrer and bowl is {gap / diameter:.2g} bead diameters: "
        f"beads jam in it and are shot out; mills leave {NARROWEST_GAP:g} and more"
    ]


def _of_whole_cycles(scene: Scene) -> list[str]:
    """Say where the evaluated window of a shaken vessel is no whole number of cycles."""
    mill, run = scene.mill, scene.run
    if mill.pose(mill.profile()) is None or mill.knots or mill.drive_speed == 0.0:
        return []
    cycle = 2.0 * math.pi / mill.drive_speed
    cycles = (run.duration - run.log_from) / cycle
    # A part of a cycle that is left over weighs little beside many whole ones.
    if cycles >= 1.0 and abs(cycles - round(cycles)) <= 0.01 * cycles:
        return []
    shown = format_quantity(cycle, "time", 4)
    return [
        f"run.log_from to run.duration is {cycles:.4g} cycles of {shown}: means over a part of a "
        "cycle depend on where it ends; evaluate whole ones"
    ]


def _of_the_charge(scene: Scene) -> list[str]:
    found = []
    solid = scene.solid_volume / scene.bowl.volume
    if solid > RANDOM_PACKING:
        found.append(
            f"{scene.bead_count} beads take {100 * solid:.3g} % of the bowl; "
            f"random packings reach about {100 * RANDOM_PACKING:g} %"
        )
    still = scene.bowl.stands_still or scene.mill.lift is not None
    if not scene.bowl.closed and not still and scene.impact_speed_bound > 0.0:
        found.append("bowl.closed = false: a bead that leaves over the rim stops the run")
    return found


def _of_the_materials(scene: Scene) -> list[str]:
    """Say which properties do not go together in any material of beads or bowls."""
    found = [text for n, one in enumerate(scene.beads) for text in _of_beads(scene, n, one)]
    bowl = scene.bowl
    own = {one.youngs_modulus for one in scene.beads}
    if bowl.youngs_modulus < 0.4e9 and bowl.youngs_modulus not in own:
        found.append(
            f"bowl.youngs_modulus = {format_quantity(bowl.youngs_modulus, 'modulus', 4)}: only "
            "rubber and polyurethane are as soft as that"
        )
    for name, most in (("static_friction", 2.0), ("rolling_friction", 0.5)):
        pairs = {key: getattr(scene.contact, key) for key in ("bead_wall", "bead_bead")}
        # What the wall takes over from the beads is told once.
        values = {getattr(pair, name): key for key, pair in pairs.items()}
        found += [
            f"contact.{key}.{name} = {value:g}: above {most:g} is unusual"
            for value, key in values.items()
            if value > most
        ]
    return found


def _of_beads(scene: Scene, entry: int, beads: Beads) -> list[str]:
    found = []
    key = "beads" if len(scene.beads) == 1 else f"beads[{entry + 1}]"
    modulus = format_quantity(beads.youngs_modulus, "modulus", 4)
    density = format_quantity(beads.density, "density", 4)
    both = f"{key}.youngs_modulus = {modulus} with {key}.density = {density}"
    if beads.density > 2300.0 and beads.youngs_modulus < 10e9:
        found.append(
            f"{both}: glass, ceramics and metals have 50 to 700 GPa; if it is lowered for larger "
            "time steps, use contact.softening"
        )
    elif beads.density < 2000.0 and beads.youngs_modulus > 50e9:
        found.append(f"{both}: materials as light as that have at most 20 GPa")
    elif beads.youngs_modulus > 800e9:
        found.append(f"{key}.youngs_modulus = {modulus}: tungsten carbide has 700 GPa")
    if not 800.0 <= beads.density <= 16000.0:
        found.append(f"{key}.density = {density}: beads have 0.9 (plastic) to 15.6 (WC) g/cm3")
    return found


def _of_the_product(scene: Scene) -> list[str]:
    mass = scene.product.mass
    if mass is None:
        return []
    shown = format_quantity(mass, "mass")
    if mass > HEAVIEST_POWDER * scene.bowl.volume:
        volume = format_quantity(scene.bowl.volume, "volume", 4)
        return [f"product.mass = {shown}: no powder of that mass fits into a bowl of {volume}"]
    if mass < 1e-3 * scene.charge_mass:
        charge = format_quantity(scene.charge_mass, "mass", 3)
        return [f"product.mass = {shown} is very little beside {charge} of beads"]
    return []
