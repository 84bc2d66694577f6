"""Cycles as planetary mills are programmed: runs, pauses, every second run reversed."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gpudem.table import Table
from gpudem.units import Accept, format_quantity

_LONG = 3.6e5


class Cycle(Table):
    """Runs with pauses between them; the mill stands still after the last one."""

    run: Annotated[float, Accept("time", 0.0, _LONG, above=True, example="5 min")] = Field(
        description="time of each run, speeding up and slowing down included"
    )
    pause: Annotated[float, Accept("time", 0.0, _LONG, example="1 min")] = Field(
        default=0.0, description="standstill between two runs"
    )
    reverse: bool = Field(
        default=False, strict=True, description="every second run turns the other way"
    )
    ramp: Annotated[float, Accept("time", 0.0, 3600.0, above=True, example="2 s")] = Field(
        default=2.0, description="time of speeding up and of slowing down, at most half of run"
    )
    runs: Annotated[int, Accept("count", 1, 1000, example="10")] = Field(
        default=10, description="number of runs"
    )

    def knots(self, speed: float) -> tuple[tuple[float, float], ...]:
        """Moments [s] and speeds, for a speed of the first run."""
        found: list[tuple[float, float]] = []
        for number in range(self.runs):
            begin = number * (self.run + self.pause)
            own = -speed if self.reverse and number % 2 else speed
            ends = [
                (begin, 0.0),
                (begin + self.ramp, own),
                (begin + self.run - self.ramp, own),
                (begin + self.run, 0.0),
            ]
            # Where one run begins as the last ends, or slows down as soon as it is up.
            found += [knot for knot in ends if not found or knot[0] > found[-1][0]]
        return tuple(found)

    def text(self, duration: float) -> str:
        """What it does, and how much of it happens within a duration [s]."""
        text = f"runs of {format_quantity(self.run, 'time')}"
        if self.pause:
            text += f", pauses of {format_quantity(self.pause, 'time')}"
        if self.reverse:
            text += ", every second run reversed"
        text += f", speeding up within {format_quantity(self.ramp, 'time')}"
        number, into = divmod(duration, self.run + self.pause)
        if number >= self.runs:
            return f"{text}; all {self.runs} runs are over when the simulation ends"
        where = "run" if into <= self.run else "the pause after run"
        return f"{text}; the simulation ends in {where} {int(number) + 1} of {self.runs}"
