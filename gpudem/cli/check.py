"""The command `gpudem check`."""

from __future__ import annotations

import json as jsonlib

from gpudem.cli.options import Computing, Flag, Sets, start_device, teller


def check(
    scene: str,
    /,
    *,
    sets: Sets = (),  # type: ignore[assignment]
    converge: Flag = False,
    json: Flag = False,
    computing: Computing | None = None,
) -> None:
    """Show what a run would involve: beads, time step, steps, memory, file size and run time.

    Parameters
    ----------
    scene
        A scene file, or the name of a shipped scene.
    converge
        Also run it for a short window at smaller time steps and larger softening, and print
        what changes. Takes about as long as a second of simulated time.
    json
        Print the numbers as JSON.
    """
    from gpudem.diagnostics.preview import outlook, print_outlook
    from gpudem.scene.file import load_scene

    options = computing or Computing()
    loaded = load_scene(scene, tuple(sets))
    numbers = outlook(loaded, options.chosen())
    tell = teller(options.quiet or json)
    start_device(options, tell, only_look=not converge)
    if not json:
        print_outlook(numbers)
    if converge:
        from gpudem.study.converge import converge as compare
        from gpudem.study.converge import print_converge

        numbers["converge"] = compare(loaded, tell)
        if not json:
            print()
            print_converge(numbers["converge"])
    if json:
        print(jsonlib.dumps(numbers, indent=2))
