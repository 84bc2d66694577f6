"""Host half of that law."""

from gpudem.contact.law import ContactLaw
from tests.toys import constant_force_kernels


class ConstantForce(ContactLaw):
    """Forces [N] of a contact while it overlaps and beyond, and how far beyond [m]."""

    push: float
    pull: float = 0.0
    range: float = 0.0

    def kernels(self):
        return constant_force_kernels

    def parameters(self, a, b):
        return {"push": self.push, "pull": self.pull, "range": self.range}

    def reach(self, a, b, radius):
        return self.range
