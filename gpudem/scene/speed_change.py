"""Changes of a mill's speed while it runs, kept so that the run can be repeated bit by bit."""

from __future__ import annotations

from gpudem.errors import SceneError
from gpudem.scene.build import speed_profile
from gpudem.scene.file import scene_from_text
from gpudem.scene.tables import Scene

#: Time that a change takes [s].
RAMP = 0.05


def change_speed(scene: Scene, time: float, speed: float, ramp: float = RAMP) -> Scene:
    """The scene of a run whose speed is to change; see `gpudem.mills.profile.Profile.then`.

    The change begins one log interval after `time`: what was recorded at `time` itself then is
    the same as in a run that knows of the change from its beginning.

    Args:
        scene: the scene so far.
        time: end of the last log interval [s].
        speed: to reach [rad/s].
        ramp: time that it takes [s].

    Returns:
        The same scene with another `mill.speed_profile` (of a shaker `mill.frequency_profile`)
        among its overrides.

    Raises:
        SceneError: no mill may turn as fast, or the mill follows a cycle.
    """
    key = scene.mill.profile_key
    if "cycle" in scene.mill.model_fields_set and getattr(scene.mill, "cycle", None) is not None:
        raise SceneError("mill.cycle: the speed of a mill that follows a cycle is not changed")
    profile = speed_profile(scene).then(time + scene.run.log_interval, speed, ramp)
    # Numbers as text give the same bits when they are read again.
    knots = ", ".join(
        f'["{t!r} s", "{r!r} rad/s"]' for t, r in zip(profile.times, profile.rates, strict=True)
    )
    kept = [o for o in scene.overrides if o.partition("=")[0].strip() != f"mill.{key}"]
    if scene.run.start == "ramp":
        kept.append("run.start=rest")
    kept.append(f"mill.{key}=[{knots}]")
    return scene_from_text(scene.source_text, kept, scene.source_name)
