"""The contact laws of scene files, chosen by ``contact.model``."""

from __future__ import annotations

from typing import Annotated

from pydantic import Discriminator, Tag

from gpudem.contact.hertz_mindlin import HertzMindlinContact
from gpudem.contact.jkr import JKRContact
from gpudem.contact.linear_hysteretic import LinearHystereticContact
from gpudem.contact.linear_spring_dashpot import LinearSpringDashpotContact
from gpudem.table import Choice

#: What a scene has that names no law.
CHOICE = Choice("model", "hertz-mindlin")

AnyContact = Annotated[
    Annotated[HertzMindlinContact, Tag("hertz-mindlin")]
    | Annotated[LinearHystereticContact, Tag("linear-hysteretic")]
    | Annotated[LinearSpringDashpotContact, Tag("linear-spring-dashpot")]
    | Annotated[JKRContact, Tag("jkr")],
    Discriminator(CHOICE.of),
    CHOICE,
]
