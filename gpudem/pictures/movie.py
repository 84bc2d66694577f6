"""Movies of run files: one picture a snapshot, in slow motion."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gpudem.errors import GpudemError, RenderingError, RunFileError
from gpudem.files import whole_file
from gpudem.pictures.colouring import Colouring, common_scale
from gpudem.pictures.rendering import prepare_rendering
from gpudem.pictures.sheet import Look, Sheet
from gpudem.pictures.source import Footage
from gpudem.stopping import StopSignals
from gpudem.units import format_quantity

#: Frames per second where neither that nor the slow motion is given.
FRAME_RATE = 25.0
#: Lowest and highest frame rate [1/s]; GIF players show nothing faster than 50.
FRAME_RATES = (0.1, 50.0)
_STOPPED = "while the movie was drawn; nothing was written"


@dataclass(frozen=True)
class Timeline:
    """Which moments a movie shows, and how fast.

    Attributes:
        times: simulated time of each frame [s], shape (frames,).
        frame_rate: frames shown per second [1/s].
        slow: how many times slower than the mill the movie is.
    """

    times: np.ndarray
    frame_rate: float
    slow: float

    @property
    def pace(self) -> str:
        """The slow motion in words."""
        if abs(self.slow - 1.0) < 1e-6:
            return "as fast as the mill"
        slower = self.slow > 1.0
        times = self.slow if slower else 1.0 / self.slow
        return f"{times:.3g} times {'slower' if slower else 'faster'}"


def timeline(
    footages: Sequence[Footage],
    *,
    slow: float | None = None,
    frame_rate: float | None = None,
    begin: float | None = None,
    end: float | None = None,
) -> Timeline:
    """Choose the frames of a movie: every snapshot, or every n-th where that is too fast.

    Nothing is drawn between snapshots, so the slow motion and the frame rate follow from each
    other; give one of them.

    Args:
        footages: the runs; the first one's snapshots are taken, of the others the nearest ones.
        slow: how many times slower than the mill; frames come as often as that needs.
        frame_rate: frames per second [1/s]; default 25 if `slow` is not given either.
        begin: simulated time of the first frame [s]; default the first snapshot.
        end: simulated time of the last frame [s]; default the last snapshot.

    Raises:
        GpudemError: there are not two snapshots in this time, both are given, or the frame rate
            is not to be had.
    """
    if slow is not None and frame_rate is not None:
        raise GpudemError("--slow and --frame-rate follow from each other: give one of them")
    first = max(float(footage.times[0]) for footage in footages)
    last = min(float(footage.times[-1]) for footage in footages)
    begin, end = (first if begin is None else begin), (last if end is None else end)
    times = footages[0].times
    chosen = times[(times >= max(begin, first) - 1e-9) & (times <= min(end, last) + 1e-9)]
    if len(chosen) < 2:
        raise RunFileError(
            f"{footages[0].run.path}: has {len(chosen)} snapshots to show from "
            f"{format_quantity(begin, 'time', 4)} to {format_quantity(end, 'time', 4)}; a movie "
            "needs two or more"
        )
    interval = float(np.median(np.diff(chosen)))
    every = 1
    if slow is not None:
        every = max(1, int(np.ceil(1.0 / (slow * interval * FRAME_RATES[1]) - 1e-6)))
    rate = (frame_rate or FRAME_RATE) if slow is None else 1.0 / (slow * interval * every)
    if not FRAME_RATES[0] * (1.0 - 1e-9) <= rate <= FRAME_RATES[1] * (1.0 + 1e-9):
        given, accepted = f"--frame-rate {rate:g}", "from {:g} to {:g}".format(*FRAME_RATES)
        if slow is not None:
            given, accepted = f"--slow {slow:g}", f"at most {1 / (FRAME_RATES[0] * interval):.4g}"
        raise GpudemError(
            f"{given}: makes {rate:.3g} frames per second, with a snapshot every "
            f"{format_quantity(interval, 'time', 4)}; accepted: {accepted}"
        )
    steps = int(np.floor((chosen[-1] - chosen[0]) / (every * interval) + 1e-6))
    return Timeline(
        times=chosen[0] + every * interval * np.arange(steps + 1),
        frame_rate=rate,
        slow=1.0 / (rate * every * interval),
    )


def draw_movie(
    footages: Sequence[Footage],
    path: str | os.PathLike[str],
    colouring: Colouring,
    frames: Timeline,
    look: Look | None = None,
    *,
    progress: Callable[[Iterable[Any], int], Iterable[Any]] = lambda items, total: items,
) -> Path:
    """Draw a movie of one or several runs; stopped by a signal, it leaves no file.

    Args:
        footages: the runs.
        path: the movie, MP4, GIF or WebP by its suffix.
        colouring: what colours the beads, on one scale for the whole movie.
        frames: what `timeline` gave.
        look: how the movie looks; its default width has 200 dpi, 110 dpi in GIF.
        progress: wraps what is gone through, given the number of frames.

    Returns:
        The file written.

    Raises:
        RenderingError: nothing can be drawn here, or the encoder is not installed.
        Interrupted: a signal came.
        GpudemError: the file cannot be written.
    """
    target = Path(path)
    write = writer_of(target)
    with StopSignals("the movie is not finished"):
        prepare_rendering()
        numbers = [[footage.nearest(time) for footage in footages] for time in frames.times]
        colouring = colouring.of(footages[0].run)
        seen = []
        for row in numbers:
            StopSignals.check(_STOPPED)
            pairs = zip(footages, row, strict=True)
            seen += [footage.values(number, colouring) for footage, number in pairs]
        sheet = Sheet(
            footages,
            common_scale(colouring, seen),
            look or Look(),
            dpi=110.0 if target.suffix == ".gif" else 200.0,
            note=frames.pace,
        )

        def images() -> Iterator[np.ndarray]:
            for row in progress(numbers, len(numbers)):
                StopSignals.check(_STOPPED)
                pairs = zip(footages, row, strict=True)
                sheet.show([footage.shot(number, colouring) for footage, number in pairs])
                yield sheet.pixels()

        try:
            with whole_file(target) as part:
                try:
                    write(part, images(), frames.frame_rate)
                except (OSError, ValueError):
                    # The encoder may have got the same signal.
                    StopSignals.check(_STOPPED)
                    raise
        finally:
            sheet.close()
    return target


Writer = Callable[[Path, Iterator[np.ndarray], float], None]


def _write_mp4(path: Path, images: Iterator[np.ndarray], frame_rate: float) -> None:
    """H.264, as every browser and presentation plays it."""
    from imageio_ffmpeg import write_frames

    first = next(images)
    height, width = first.shape[:2]
    encoder = write_frames(
        str(path),
        (width, height),
        fps=frame_rate,
        codec="libx264",
        quality=7,
        macro_block_size=2,
        output_params=["-f", "mp4", "-movflags", "+faststart"],
    )
    encoder.send(None)
    try:
        encoder.send(np.ascontiguousarray(first))
        for image in images:
            encoder.send(np.ascontiguousarray(image))
    finally:
        encoder.close()


def _durations(frame_rate: float, unit: float) -> Iterator[int]:
    """Milliseconds of each frame, whole multiples of a unit [ms] that add up to the right time."""
    shown, k = 0, 0
    while True:
        k += 1
        until = round(1000.0 * k / frame_rate / unit)
        yield int((until - shown) * unit)
        shown = until


def _write_gif(path: Path, images: Iterator[np.ndarray], frame_rate: float) -> None:
    from PIL import Image

    # The first frame has all colours of the scale in its scalar bar. Of Pillow's methods this
    # one keeps the background and comes nearest to the colours.
    first = Image.fromarray(next(images)).quantize(
        256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE
    )
    others = [
        Image.fromarray(image).quantize(palette=first, dither=Image.Dither.NONE) for image in images
    ]
    _save(path, "GIF", first, others, _durations(frame_rate, 10.0), optimize=False)


def _write_webp(path: Path, images: Iterator[np.ndarray], frame_rate: float) -> None:
    from PIL import Image

    first, *others = (Image.fromarray(image) for image in images)
    _save(path, "WEBP", first, others, _durations(frame_rate, 1.0), quality=80, method=3)


def _save(
    path: Path, kind: str, first: Any, others: list[Any], each: Iterator[int], **options: Any
) -> None:
    """Write an animation that is repeated forever."""
    durations = [next(each) for _ in range(len(others) + 1)]
    first.save(
        path, kind, save_all=True, append_images=others, duration=durations, loop=0, **options
    )


#: Kinds of files, by suffix.
FORMATS: dict[str, Writer] = {".mp4": _write_mp4, ".gif": _write_gif, ".webp": _write_webp}


def writer_of(path: Path) -> Writer:
    """What writes movies of this suffix.

    Raises:
        RenderingError: the suffix is unknown, or the encoder is not installed.
    """
    if path.suffix not in FORMATS:
        raise RenderingError(f"--movie {path}: name a file that ends in {', '.join(FORMATS)}")
    if path.suffix == ".mp4" and importlib.util.find_spec("imageio_ffmpeg") is None:
        raise RenderingError(
            f"--movie {path}: MP4 needs the encoder imageio-ffmpeg, the extra `movie` of gpudem "
            "(pip install imageio-ffmpeg); .gif and .webp need nothing more"
        )
    return FORMATS[path.suffix]
