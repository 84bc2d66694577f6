"""A run of another mill or other beads, whose stress energy or specific energy is to be matched."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gpudem.analysis.stress import specific_energy
from gpudem.errors import GpudemError
from gpudem.planning.cases import Cases, flat
from gpudem.planning.milling_plan import STRESSES, energy_told
from gpudem.report.text import beads_text, number
from gpudem.study.case_folder import RESULT
from gpudem.study.dataset import QUANTITIES

#: Standard errors in half a 95 % interval.
_NORMAL = 1.96


@dataclass(frozen=True)
class Reference:
    """A run of another mill or other beads.

    Attributes:
        path: where its results came from.
        result: what `gpudem.report.report.analyse` found.
    """

    path: Path
    result: Mapping[str, Any]

    @classmethod
    def read(cls, given: str | os.PathLike[str]) -> Reference:
        """Read a run file, results (JSON), or the folder of a study's case.

        Raises:
            GpudemError: it is none of them.
        """
        path = Path(given)
        file = path / RESULT if path.is_dir() else path
        if file.suffix == ".json":
            try:
                found = json.loads(file.read_text(encoding="utf-8"))
            except (OSError, ValueError) as error:
                raise GpudemError(f"--like {path}: cannot be read ({error})") from None
            # `gpudem report --json` prints a list.
            result = found[0] if isinstance(found, list) and len(found) == 1 else found
        else:
            from gpudem.report.report import analyse

            result = analyse(file)
        if not isinstance(result, dict) or "stress_energy_q" not in result:
            raise GpudemError(
                f"--like {path}: holds no results of one run; name a run file (*.vtkhdf), what "
                "gpudem report --json printed of it, or the folder of a study's case"
            )
        return cls(path, result)

    def _value(self, quantity_name: str, error: bool = False) -> float:
        one = next(one for one in QUANTITIES if one.name == quantity_name)
        value: Any = self.result
        for key in one.error if error else one.place:
            value = value.get(key) if isinstance(value, Mapping) else None
        known = isinstance(value, (int, float)) and (not error or one.error)
        return float(value) if known else math.nan

    def stress(self, name: str) -> float:
        """Its stress energy [J].

        Args:
            name: one of `STRESSES`.

        Raises:
            GpudemError: it is not known.
        """
        value = self._value(STRESSES[name])
        if not value > 0.0:
            raise GpudemError(f"--like {self.path}: its {name} is not known")
        return value

    def stress_share(self, name: str) -> float:
        """Half the 95 % interval of `stress` over it, 0 where it is not known."""
        share = _NORMAL * self._value(STRESSES[name], error=True) / self.stress(name)
        return share if math.isfinite(share) else 0.0

    @property
    def energy_share(self) -> float:
        """Half the 95 % interval of `energy` over it, 0 where it is not known."""
        share = _NORMAL * self._value("power", error=True) / self._value("power")
        return share if math.isfinite(share) else 0.0

    def energy(self, milling_time: float | None, mass: float | None = None) -> float:
        """Its specific energy [J/kg].

        Args:
            milling_time: time in that mill [s]; default that of its scene.
            mass: of the product in it [kg]; default that of its scene.

        Raises:
            GpudemError: time or mass are not known.
        """
        time = self.milling_time if milling_time is None else milling_time
        own = self.result.get("scene", {}).get("product_mass") if mass is None else mass
        if time is None or not own:
            lacking, option = (
                ("milling time", '--milling-time "10 min"')
                if time is None
                else ("product mass", '--like-mass "17.5 g"')
            )
            raise GpudemError(f"--like {self.path}: its {lacking} is not known; give {option}")
        return specific_energy(self._value("power"), time, float(own))

    @property
    def milling_time(self) -> float | None:
        """Time in that mill [s], where its scene names one."""
        return self.result.get("milling", {}).get("milling_time")

    def told(self, stress: str, cases: Cases) -> list[str]:
        """What it is, and what speaks against a comparison.

        Args:
            stress: one of `STRESSES`.
            cases: that it is compared with.
        """
        text = f"To match: {self.path}: "
        if "scene" in self.result and "beads" in self.result:
            text += f"{beads_text(self.result)}, "
        text += f"{number(self._value('power'))} W, {stress} {energy_told(self.stress(stress))}"
        lines = [f"{text}."]
        if not self.result.get("steady"):
            lines.append("Its window is not steady: powers and energies may be others later on.")
        own, theirs = flat(self.result.get("scene", {}).get("contact") or {}), flat(cases.contact)
        both = [key for key in own if key in theirs and own[key] != theirs[key]]
        if own and theirs and both:
            told = ", ".join(f"{key} {own[key]} against {theirs[key]}" for key in both[:3])
            more = f" and {len(both) - 3} more" if len(both) > 3 else ""
            lines.append(
                f"Its contacts are others than those of the study ({told}{more}), on which stress "
                "energies depend: compare runs of one contact law and its coefficients."
            )
        return lines

    def as_json(self) -> dict[str, Any]:
        """Its values [SI]."""
        return {
            "path": str(self.path),
            "power": _known(self._value("power")),
            "stress_energy": {n: _known(self._value(q)) for n, q in STRESSES.items()},
        }


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None
