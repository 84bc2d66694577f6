"""Several threads at one case: their shares, and the barrier at which they wait for each other."""

import taichi as ti

from gpudem.kernels import layout as at

# Rounds of waiting for the members to start, some 30 ms; and what closes the barrier to late ones.
ROLL_CALL, CLOSED = 1_000_000, 1 << 20


@ti.func
def pool_of(s: ti.template(), case):
    """Beads of a case that share their records."""
    return s.case_int[case * at.CASE_INT + at.CASE_POOL]


@ti.func
def share_of(s: ti.template(), case, begin, end, member, members):
    """The first bead of a member's share, which has whole pools, and one past the last."""
    pool = pool_of(s, case)
    pools = (end - begin + pool - 1) // pool
    low = begin + pools * member // members * pool
    high = begin + pools * (member + 1) // members * pool
    return low, ti.min(high, end)


@ti.func
def all_have_arrived(s: ti.template(), case, members):
    """Whether all members have started within ROLL_CALL rounds; the same answer for each of them.

    A thread pool may hold fewer threads than it was asked for, and would then run the last
    member only after the others have returned.
    """
    barrier = case * at.BARRIER
    ti.atomic_add(s.barrier[barrier], 1)
    rounds, answer = 0, -1
    while answer < 0:
        rounds += 1
        if rounds == ROLL_CALL:
            if ti.atomic_add(s.barrier[barrier], CLOSED) < members:
                ti.atomic_add(s.barrier[barrier + 1], 1)
            else:
                ti.atomic_sub(s.barrier[barrier], CLOSED)
        if ti.atomic_add(s.barrier[barrier + 1], 0) > 0:
            answer = 0
        else:
            # A fast thread may already have reached the next barrier.
            arrivals = ti.atomic_add(s.barrier[barrier], 0)
            if arrivals >= members and arrivals < CLOSED:
                answer = 1
    return answer


@ti.func
def wait_at_barrier(s: ti.template(), case, members, passed, patience, step):
    """Waits until all members have come here; returns how many arrivals the barrier then has seen.

    After ``patience`` rounds of waiting (never, if 0) it notes so for this ``step``.
    An atomic operation in each round keeps the compiler from reading the count only once, and
    orders all other memory accesses.
    """
    goal = passed + members
    ti.atomic_add(s.barrier[case * at.BARRIER], 1)
    rounds = 0
    while ti.atomic_add(s.barrier[case * at.BARRIER], 0) < goal:
        rounds += 1
        # Somebody else runs on a member's core: better to go on alone.
        if rounds == patience:
            s.barrier[case * at.BARRIER + 2 + step % 2] = 1
    return goal


@ti.func
def has_waited_long(s: ti.template(), case, step):
    """Whether a member lost its patience in a step; to be asked after that step's next barrier.

    Then no member waits in this step any more, and none can be further than the next one, which
    has a note of its own: all members get the same answer.
    """
    return s.barrier[case * at.BARRIER + 2 + step % 2] == 1
