"""The contact laws of scene files, chosen by ``contact.model``."""

from __future__ import annotations

from typing import Annotated

from gpudem.contact.hertz_mindlin import HertzMindlinContact
from gpudem.table import Choice

#: What a scene has that names no law.
CHOICE = Choice("model", "hertz-mindlin")

# A second law makes a union of this, as in `gpudem.mills.kinds`.
AnyContact = Annotated[HertzMindlinContact, CHOICE]
