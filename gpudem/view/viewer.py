"""What a viewer shows and how it answers; windows and web pages only pass wishes on to it."""

from __future__ import annotations

from functools import lru_cache
from time import monotonic

import numpy as np

from gpudem.errors import GpudemError, RunFileError
from gpudem.pictures.colouring import Colouring, Scale, colourings_of, common_scale
from gpudem.pictures.picture import THEMES, VIEWS, Picture
from gpudem.pictures.source import Shot, turning_of
from gpudem.plain_text import numbered
from gpudem.report.text import quantity
from gpudem.report.value import Value
from gpudem.runfile.metadata import drive_speed, number_of
from gpudem.view.live import LiveRun
from gpudem.view.panel import Panel
from gpudem.view.replay import Source

#: Moments that a scale is taken from at most.
_SAMPLES = 24
#: Places that a followed bead leaves behind.
_TRAIL = 12
#: While a simulation goes on: times that drawing took until it is drawn again, and at most [s].
_SHARE, _LONGEST = 3.0, 0.5
#: While moments come in, plots and scales stay for so many times as long as drawing the plots took,
#: within bounds [s].
_PLOTS_SHARE, _SHORTEST_PLOTS, _LONGEST_PLOTS = 25.0, 1.0, 4.0
#: Most digits of a bead's number.
_DIGITS = 7
#: Times that differ by less are the same [s].
_NOW = 1e-9
#: Slowest and fastest play [1/s].
FRAME_RATES = (0.5, 50.0)
#: Digits after the point that speeds are shown with.
SPEED_DIGITS = 1
#: Pixels that a mouse may move in a click.
CLICK = 4
_HIGHLIGHT = np.array([255.0, 60.0, 200.0])


class Viewer:
    """Beads of one moment beside plots; moves on in time while it plays.

    Args:
        source: what is shown.
        size: of the picture, width and height [pixels].
        colour: one of gpudem.pictures.colouring.COLOURINGS that the run has.
        view: one of gpudem.pictures.picture.VIEWS.
        theme: one of gpudem.pictures.picture.THEMES.
        frame_rate: moments per second while playing, at most.

    Attributes:
        source: what is shown.
        picture: the beads.
        number: of the moment shown.
        playing: whether time goes on.
        live: the simulation, where one goes on.
        colours: every way to colour the beads, by its name.
        bead: number of the bead followed, or None.
        typed: digits of a bead's number that were typed so far.
        message: what went wrong last, "" for nothing.
    """

    def __init__(
        self,
        source: Source,
        *,
        size: tuple[int, int] = (900, 700),
        colour: str = "speed",
        view: str = "perspective",
        theme: str = "light",
        frame_rate: float = 10.0,
    ) -> None:
        self.source = source
        self.picture = Picture(source.bowl, size, view, theme)
        self.panel = Panel((420, size[1]), theme)
        self.frame_rate = frame_rate
        live = source if isinstance(source, LiveRun) else None
        self.live = live
        self.number, self.message = self._opening(), ""
        self.playing = live.running if live else False
        self._course, self._next_course, self._next_scale = source.course, 0.0, 0.0
        # Time that the last drawing took, and drawing the plots when most was new [s].
        self._spent = self._plotted = 0.0
        self.bead: int | None = None
        self.typed = ""
        self.colours = colourings_of(source.described)
        self._colouring = self._find(colour)
        self._scales: dict[str, Scale] = {}
        self._next_frame = self._next_refresh = 0.0
        self._shot = lru_cache(maxsize=64)(self._read)
        self.control = live.control if live else None
        self._speed = self._measured_speed
        self._show()

    # --- wishes ---------------------------------------------------------------------------

    @property
    def last(self) -> int:
        """Number of the last moment there is."""
        return len(self.source.times) - 1

    @property
    def time(self) -> float:
        """Of the moment shown [s]."""
        return float(self.source.times[self.number])

    def go(self, number: int) -> None:
        """Show a moment; numbers beyond the ends mean the ends."""
        number = min(max(int(number), 0), self.last)
        if number != self.number:
            self.number = number
            self._show()

    def play(self, playing: bool | None = None) -> None:
        """Let time go on or not; by default the other way than now. Begins anew at the end."""
        self.playing = not self.playing if playing is None else playing
        if self.live:
            self.playing = self.playing and self.live.growing
            self.live.run(self.playing)
            self.go(self.last if self.playing else self.number)
        elif self.playing and self.number == self.last and not self.source.growing:
            self.go(0)
        self._smoothen()

    def step(self, moments: int = 1) -> None:
        """Show the next moment, or one so many further; a simulation computes a log interval."""
        if self.live and self.live.growing and moments > 0 and self.number == self.last:
            self.live.step()
            return
        self.play(False)
        self.go(self.number + moments)

    @property
    def speed(self) -> float:
        """Speed wished last, in the unit of `control`, of a simulation that goes on."""
        return self._speed

    @speed.setter
    def speed(self, speed: float) -> None:
        # A page sends back the rounded speed that it shows. Taken for a wish, that would give the
        # run other bits than one that nobody looked at.
        same = round(speed, SPEED_DIGITS) == round(self._speed, SPEED_DIGITS)
        if self.live and self.control and not same:
            self.live.set_speed(speed * self.control.scale)
            self._speed = speed

    def drive_faster(self, steps: int) -> None:
        """Drive the mill so many steps of its `control` faster; negative for slower."""
        if self.control:
            self.speed = max(0.0, self.speed + steps * self.control.step)

    @property
    def _measured_speed(self) -> float:
        return self.live.speed / self.control.scale if self.live and self.control else 0.0

    @property
    def colour(self) -> str:
        """What colours the beads: one of `colours`."""
        return self._colouring.name

    @colour.setter
    def colour(self, name: str) -> None:
        self._colouring = self._find(name)
        self._show()

    @property
    def view(self) -> str:
        """Where the camera was set: one of VIEWS; setting it turns the camera back."""
        return self.picture.view

    @view.setter
    def view(self, view: str) -> None:
        self.picture.view = view

    def reset_camera(self) -> None:
        """Turn the camera back to where the present view sets it."""
        self.picture.view = self.picture.view

    @property
    def theme(self) -> str:
        """One of THEMES."""
        return self.picture.theme

    @theme.setter
    def theme(self, theme: str) -> None:
        self.picture.theme = self.panel.theme = theme

    def next_of(self, what: str) -> None:
        """Take the next colour, view or theme after the present one."""
        names = {"colour": list(self.colours), "view": list(VIEWS), "theme": list(THEMES)}[what]
        setattr(self, what, names[(names.index(getattr(self, what)) + 1) % len(names)])

    def faster(self, steps: int) -> None:
        """Play so many times twice as fast; negative for slower."""
        self.frame_rate = min(max(self.frame_rate * 2.0**steps, FRAME_RATES[0]), FRAME_RATES[1])

    def follow(self, bead: int | None) -> None:
        """Mark a bead wherever it goes, or none.

        Raises:
            GpudemError: there is no such bead.
        """
        if bead is not None and not 0 <= bead < self.source.beads:
            raise GpudemError(f"bead {bead}: {numbered(self.source.beads)}")
        self.bead = bead
        self._show()

    def follow_at(self, x: float, y: float) -> None:
        """Follow the bead seen at a point of the picture; where there is none nothing changes.

        Args:
            x: from the window's left edge [pixels].
            y: from its lower edge [pixels].
        """
        bead = self.picture.bead_at(x, y)
        if bead is not None:
            self.follow(bead)

    def type(self, digit: str) -> None:
        """Add a digit to the number of the bead that is to be followed."""
        self.typed = (self.typed + digit)[:_DIGITS]

    def enter(self) -> None:
        """Follow the bead whose number was typed.

        Raises:
            GpudemError: there is no such bead.
        """
        typed = self.typed
        self.forget()
        if typed:
            self.follow(int(typed))

    def forget(self) -> None:
        """Forget what was typed and what went wrong."""
        self.typed = self.message = ""

    def tick(self, now: float) -> bool:
        """Let time pass; to be called often.

        Args:
            now: by a clock [s].

        Returns:
            Whether something has to be drawn again.
        """
        changed = False
        if self.source.growing and now >= self._next_refresh:
            # Drawing must not take much of the time that a simulation could use.
            pause = self.source.refresh_interval
            if self.live and self.playing:
                pause = max(pause, 1.0 / self.frame_rate, min(_SHARE * self._spent, _LONGEST))
            self._next_refresh = now + pause
            changed = self._refresh(now)
        if self.playing and not self.live and now >= self._next_frame:
            self._next_frame = now + 1.0 / self.frame_rate
            if self.number < self.last:
                self.go(self.number + 1)
                changed = True
            elif not self.source.growing:
                self.play(False)
                changed = True
        return changed

    # --- what is seen ---------------------------------------------------------------------

    @property
    def scale(self) -> Scale:
        """Of the present colour: common to all moments, for up to some of them are read."""
        name = self._colouring.name
        if name not in self._scales:
            picked = np.unique(np.linspace(0, self.last, _SAMPLES).astype(int))
            values = [self.source.shot(int(k), self._colouring).values for k in picked]
            self._scales[name] = common_scale(self._colouring, values)
        return self._scales[name]

    @property
    def note(self) -> str:
        """A line about the followed bead, or what went wrong."""
        if self.typed:
            return f"bead {self.typed}_"
        if self.message or self.bead is None:
            return self.message
        value = self._shot(self.number, self._colouring).values[self.bead]
        if self._colouring.classes:
            return f"bead {self.bead}: {self._colouring.classes[int(value)]}"
        return f"bead {self.bead}: {self.colour} {value:.4g} {self._colouring.unit}".rstrip()

    @property
    def moment(self) -> str:
        """What happens at the moment shown: means since the moment before; "" at the beginning."""
        times, course = self.source.times, self.source.course
        before = times[self.number - 1] if self.number else 0.0
        part = slice(*np.searchsorted(course.time, np.array([before, self.time]) + _NOW))
        if not len(course.time[part]):
            return ""
        power, frequency = float(course.power[part].mean()), float(course.collisions[part].mean())
        span = quantity(self.time - before, "time")
        told = [f"last {span}: {Value(power, 'power').text}"]
        if mass := number_of(self.source.described, "product_mass"):
            told.append(Value(power / mass, "specific_power").text)
        if frequency > 0.0:
            told.append(f"SE {Value(power / frequency, 'energy').text}")
            told.append(f"SF {Value(frequency, 'rate').text}")
        return ",  ".join(told)

    @property
    def turning(self) -> dict[str, str]:
        """What the arrows for disc and bowl mean at this moment, by their names."""
        described = self.source.described
        return turning_of(described, drive_speed(described, self.number))

    def panel_image(self) -> np.ndarray:
        """The plots: red, green and blue from 0 to 255, shape (height, width, 3)."""
        source = self.source
        speed = f"{self._measured_speed:.4g} {self.control.unit}" if self.control else ""
        began = monotonic()
        image = self.panel.image(
            self.scale, self._course, source.facts, self.time, self.moment, self.note, speed
        )
        self._plotted = max(monotonic() - began, 0.9 * self._plotted)
        return image

    def drawn(self, seconds: float) -> None:
        """To be told how long it took to draw [s]."""
        self._spent = seconds

    def moving(self, moving: bool) -> None:
        """Draw coarser while something moves, and fine when it stands still."""
        self._smoothen(moving)

    def close(self) -> None:
        """Give the picture's memory back."""
        self.picture.close()

    def _find(self, name: str) -> Colouring:
        if name not in self.colours:
            raise GpudemError(f"colour {name}: accepted for this run: {', '.join(self.colours)}")
        return self.colours[name]

    def _opening(self) -> int:
        """Number of the moment to show first: the newest, or of a whole run one that is typical.

        That is the first of the log window before which no less than the run's mean power was
        dissipated: not the packing at rest that runs begin with.
        """
        source, course = self.source, self.source.course
        if self.live or source.growing or not len(course.power):
            return self.last
        window = 0.0 if course.window is None else course.window
        energy = np.cumsum(course.power * np.diff(course.time, prepend=0.0))
        spent = np.diff(np.interp(source.times, course.time, energy, left=0.0), prepend=0.0)
        power = spent / np.maximum(np.diff(source.times, prepend=0.0), _NOW)
        mean = energy[-1] / course.time[-1]
        busy = np.flatnonzero((source.times > window + _NOW) & (power >= mean) & (power > 0.0))
        return int(busy[0]) if len(busy) else 0

    def _smoothen(self, moving: bool = False) -> None:
        self.picture.smooth = not (moving or self.playing)

    def _read(self, number: int, colouring: Colouring) -> Shot:
        return self.source.shot(number, colouring)

    def _show(self) -> None:
        try:
            self._put()
        except RunFileError as error:
            # What was seen last stays in view.
            self.message = str(error)

    def _put(self) -> None:
        shot = self._shot(self.number, self._colouring)
        colours = self.scale.colours(shot.values)
        self.picture.show(shot.position, shot.radius, colours, **shot.around)
        if self.bead is None:
            self.picture.mark(np.zeros((0, 3)), np.zeros(0), np.zeros((0, 3)))
            return
        bead = self.bead
        before = [
            self._shot(k, self._colouring)
            for k in range(max(0, self.number - _TRAIL), self.number + 1)
        ]
        places = np.array([moment.position[bead] for moment in before])
        radii = np.full(len(before), 0.3 * shot.radius[bead])
        radii[-1] = shot.radius[bead]
        age = np.linspace(0.45, 0.0, len(before))[:, None] if len(before) > 1 else np.zeros((1, 1))
        background = 255.0 * np.array(THEMES[self.theme].background)
        self.picture.mark(places, radii, (1.0 - age) * _HIGHLIGHT + age * background)

    def _refresh(self, now: float) -> bool:
        source, newest = self.source, self.number == self.last
        time = self.time
        try:
            if not source.refresh():
                return False
        except GpudemError as error:
            self.message, source.growing = str(error), False
            return True
        if self.live:
            self.playing = self.playing and self.live.running
            self.message = self.live.told or self.message
            # Moments that were dropped to save memory change the numbers of others.
            self._shot.cache_clear()
            self.number = self.last if newest else int(np.argmin(np.abs(source.times - time)))
        pause = min(max(_PLOTS_SHARE * self._plotted, _SHORTEST_PLOTS), _LONGEST_PLOTS)
        if now >= self._next_course or not source.growing or not self.playing:
            # Plots take longer to draw than beads.
            self._course = source.course
            self._next_course = now + pause
        values = self._shot(self.last, self._colouring).values
        beyond = values.max(initial=0.0) > self.scale.limits[1]
        if now >= self._next_scale or (beyond and not self._colouring.classes):
            self._scales.clear()
            self._next_scale = now + pause
        self._smoothen()
        self._show()
        return True
