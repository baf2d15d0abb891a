"""The transitions between phases as a table, and that no path through the table is endless."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.solvers.convex.features import Precision
from chainrule.solvers.convex.phases import (
    CONVERGED,
    INTERRUPTED,
    PRECISION,
    Base,
    Event,
    Facts,
    Method,
    Phase,
    Situation,
    transition,
)

LBFGS, WHOLE, PRODUCTS, DONE = Method
BFLOAT16, SAMPLES, FLOAT64 = Precision
SPECTRUM, CLASSES, BLOCKS = Base

FEW = Facts(n_parameters=100, whole=True)
QUICK = FEW._replace(quick=True)
MANY = Facts(n_parameters=10_000, blocks_cost=6.0)
FLOAT32 = MANY._replace(refinable=True)
STORED = FLOAT32._replace(stored=True)
DEVICE = STORED._replace(tf32=True)
CROWDED = MANY._replace(room=False)
SPARSE = MANY._replace(throughout=True, refreshable=False)

START = Phase(blocks_at=8.0)
NARROW = START._replace(precision=BFLOAT16)
SINGLE = Phase(method=PRODUCTS, single=True)
ROUGH = START._replace(method=PRODUCTS, narrow=True)
TF32 = START._replace(method=PRODUCTS, tf32=True)

wanted, end = Event.WANTED, Event.END


def after(phase, **changes):
    return phase._replace(**changes)


TABLE = {
    # Newton's products in bfloat16.
    "after bfloat16, where logits are kept, Newton's products are still in it": (
        NARROW,
        Situation(Event.STEP, gain=1e-9),
        STORED,
        after(START, narrow=True),
    ),
    "until they say that little is left": (ROUGH, Situation(Event.CERTAIN), STORED, after(ROUGH, narrow=False)),
    "or lead no further": (ROUGH, Situation(Event.STEP, gain=1e-5), STORED, after(ROUGH, narrow=False)),
    "while they do, they stay": (ROUGH, Situation(Event.STEP, gain=1e-4), STORED, ROUGH),
    "or give no direction": (ROUGH, Situation(Event.NO_DIRECTION), STORED, after(ROUGH, narrow=False)),
    "or none with a step": (ROUGH, Situation(Event.NO_STEP), STORED, after(ROUGH, narrow=False)),
    "or float64 is wanted": (ROUGH, Situation(Event.REFUTED), STORED, after(ROUGH, narrow=False, precision=FLOAT64)),
    "on a device, TF32 follows bfloat16 when little is left": (ROUGH, Situation(Event.CERTAIN), DEVICE, TF32),
    "or products lead no further": (ROUGH, Situation(Event.STEP, gain=1e-5), DEVICE, TF32),
    "or give no direction there": (ROUGH, Situation(Event.NO_DIRECTION), DEVICE, TF32),
    "or none with a step there": (ROUGH, Situation(Event.NO_STEP), DEVICE, TF32),
    "TF32 stays for short steps": (TF32, Situation(Event.STEP, gain=1e-5), DEVICE, TF32),
    "but certainty takes full precision": (TF32, Situation(Event.CERTAIN), DEVICE, after(TF32, tf32=False)),
    "as does a missing direction": (TF32, Situation(Event.NO_DIRECTION), DEVICE, after(TF32, tf32=False)),
    "and a missing step": (TF32, Situation(Event.NO_STEP), DEVICE, after(TF32, tf32=False)),
    "float64 ends it": (TF32, Situation(Event.REFUTED), DEVICE, after(TF32, tf32=False, precision=FLOAT64)),
    # L-BFGS, and its preconditioners.
    "a direction is L-BFGS's at first": (START, Situation(wanted), MANY, START),
    "where steps gain nothing, the whole Hessian is tried": (
        START,
        Situation(wanted, iteration=4, idle=3),
        FEW,
        after(START, method=WHOLE),
    ),
    "the class matrix is computed after some steps": (
        START,
        Situation(wanted, iteration=5),
        MANY,
        after(START, base=CLASSES, classes_at=5),
    ),
    "but once for a step": (
        after(START, base=CLASSES, classes_at=5),
        Situation(wanted, iteration=5),
        MANY,
        after(START, base=CLASSES, classes_at=5),
    ),
    "and not where blocks are there": (
        after(START, base=BLOCKS, blocks_at=99.0),
        Situation(wanted, iteration=20, spent=50.0),
        MANY,
        after(START, base=BLOCKS, blocks_at=99.0),
    ),
    "blocks are computed when they are due, and again when the steps have doubled": (
        START,
        Situation(wanted, iteration=6, spent=8.0),
        MANY,
        after(START, base=BLOCKS, blocks_at=16.0),
    ),
    "or as many as they cost have been taken": (
        START,
        Situation(wanted, iteration=6, spent=8.0),
        MANY._replace(blocks_cost=30.0),
        after(START, base=BLOCKS, blocks_at=38.0),
    ),
    "nothing is computed where nothing is known of the features": (
        after(START, blocks_at=math.inf),
        Situation(wanted, iteration=5, spent=8.0),
        MANY._replace(refreshable=False, blocks_cost=math.inf),
        after(START, blocks_at=math.inf),
    ),
    "blocks of many classes need no class matrix, and come again sooner": (
        START,
        Situation(wanted, iteration=5, spent=8.0),
        MANY._replace(refreshable=False, blocks_cost=1.0, blocks_growth=1.25),
        after(START, base=BLOCKS, blocks_at=10.0),
    ),
    "L-BFGS without a direction starts anew": (
        after(START, base=BLOCKS),
        Situation(Event.NO_DIRECTION, again=True),
        MANY,
        START,
    ),
    "and without a step": (after(START, base=CLASSES), Situation(Event.NO_STEP, again=True), MANY, START),
    "with nothing to forget it is at its end": (
        START,
        Situation(Event.NO_STEP),
        MANY,
        after(START, method=DONE, message=PRECISION),
    ),
    # Newton's method with the whole Hessian.
    "few parameters get the whole Hessian after many steps": (
        START,
        Situation(wanted, iteration=30),
        FEW,
        after(START, method=WHOLE),
    ),
    "not before": (START, Situation(wanted, iteration=29), FEW, START),
    "as many steps as it costs": (START, Situation(wanted, iteration=199), FEW._replace(n_parameters=1200), START),
    "then it is due": (
        START,
        Situation(wanted, iteration=200),
        FEW._replace(n_parameters=1200),
        after(START, method=WHOLE),
    ),
    "a Hessian that is not positive definite leaves L-BFGS": (
        after(START, method=WHOLE),
        Situation(Event.NO_DIRECTION),
        FEW,
        START,
    ),
    "little left is looked at by the whole Hessian where it is quick": (
        START,
        Situation(Event.LITTLE_LEFT),
        QUICK,
        after(START, method=WHOLE),
    ),
    "by products elsewhere": (START, Situation(Event.LITTLE_LEFT), FEW, after(START, method=PRODUCTS)),
    "if there is memory": (START, Situation(Event.LITTLE_LEFT), CROWDED, START),
    "and not in bfloat16": (NARROW, Situation(Event.LITTLE_LEFT), QUICK, NARROW),
    "a direction of Newton's without a step bars the method": (
        after(START, method=WHOLE),
        Situation(Event.NO_STEP),
        FEW,
        after(START, method=WHOLE, barred=True),
    ),
    "so that L-BFGS is next": (
        after(START, method=WHOLE, barred=True),
        Situation(wanted, iteration=40),
        FEW,
        after(START, barred=True),
    ),
    "to the end": (after(START, barred=True), Situation(Event.LITTLE_LEFT), QUICK, after(START, barred=True)),
    "until a step is taken": (after(START, barred=True), Situation(Event.STEP), FEW, START),
    # Newton's method by products.
    "many parameters get products after many steps": (
        START,
        Situation(wanted, iteration=40),
        MANY,
        after(START, method=PRODUCTS),
    ),
    "if there is room": (START, Situation(wanted, iteration=40), CROWDED, START),
    "steps that gain nothing get them in any case": (
        START,
        Situation(wanted, iteration=4, idle=3),
        CROWDED,
        after(START, method=PRODUCTS),
    ),
    "not in bfloat16": (NARROW, Situation(wanted, iteration=50, idle=3), MANY, NARROW),
    "sparse samples have them throughout": (Phase(single=True), Situation(wanted), SPARSE, SINGLE),
    "in float64 after a step that gained nothing": (
        SINGLE,
        Situation(wanted, iteration=3, idle=1),
        SPARSE,
        after(SINGLE, single=False),
    ),
    "or without a direction": (SINGLE, Situation(Event.NO_DIRECTION), SPARSE, after(SINGLE, single=False)),
    "or a step": (SINGLE, Situation(Event.NO_STEP), SPARSE, after(SINGLE, single=False)),
    "float64 without a direction leaves L-BFGS": (
        after(SINGLE, single=False),
        Situation(Event.NO_DIRECTION),
        SPARSE,
        Phase(),
    ),
    # The precision of F, and the end.
    "bfloat16 goes on while it gains": (NARROW, Situation(Event.STEP, gain=1e-3), MANY, NARROW),
    "and is left when it gains little": (NARROW, Situation(Event.STEP, gain=1e-6), MANY, START),
    "or no number": (NARROW, Situation(Event.STEP, gain=math.nan), MANY, START),
    "or is at its end": (NARROW, Situation(end, message=PRECISION), FLOAT32, START),
    "also at a good one": (NARROW, Situation(end, message=CONVERGED), MANY, START),
    "a small gradient ends the run": (
        START,
        Situation(end, message=CONVERGED),
        FLOAT32,
        after(START, method=DONE, message=CONVERGED),
    ),
    "or is refuted, and the run goes on in float64": (
        START,
        Situation(Event.REFUTED),
        FLOAT32,
        after(START, precision=FLOAT64),
    ),
    "as it was, where that is what it had": (START, Situation(Event.REFUTED), MANY, START),
    "a last step of Newton's that is refuted stays Newton's": (
        after(START, method=PRODUCTS, barred=True),
        Situation(Event.REFUTED),
        FLOAT32,
        after(START, method=PRODUCTS, precision=FLOAT64),
    ),
    "float32 that does not lead on is left for float64": (
        after(START, method=PRODUCTS, barred=True),
        Situation(end, message=PRECISION),
        FLOAT32,
        after(START, precision=FLOAT64),
    ),
    "float64 is the last": (
        after(START, precision=FLOAT64),
        Situation(end, message=PRECISION),
        FLOAT32,
        after(START, precision=FLOAT64, method=DONE, message=PRECISION),
    ),
    "whoever stops it has the last word": (
        NARROW,
        Situation(end, message="enough"),
        FLOAT32,
        after(NARROW, method=DONE, message="enough"),
    ),
    "unless it has ended": (
        after(START, method=DONE, message=CONVERGED),
        Situation(end, message="enough"),
        MANY,
        after(START, method=DONE, message=CONVERGED),
    ),
    "except by Ctrl-C": (
        after(START, method=DONE, message=CONVERGED),
        Situation(end, message=INTERRUPTED),
        MANY,
        after(START, method=DONE, message=INTERRUPTED),
    ),
}


@pytest.mark.parametrize("case", TABLE)
def test_the_next_phase_is_that_of_the_table(case):
    phase, seen, facts, expected = TABLE[case]
    assert transition(phase, seen, facts) == expected


@given(
    st.sampled_from([FEW, QUICK, MANY, FLOAT32, STORED, DEVICE, CROWDED, SPARSE]),
    st.booleans(),
    st.lists(st.builds(Situation, st.sampled_from(Event), st.integers(0, 300), st.integers(0, 9), st.floats(0, 1e3))),
)
def test_precision_only_grows_and_every_dead_end_leads_out_after_a_few_more(facts, narrow, story):
    phase = (NARROW if narrow else START)._replace(single=facts.throughout)
    for seen in story:
        before, phase = phase, transition(phase, seen, facts)
        assert list(Precision).index(phase.precision) >= list(Precision).index(before.precision)
        assert facts.refinable or phase.precision is not FLOAT64
    steps = 0
    while phase.method is not DONE:
        phase = transition(transition(phase, Situation(Event.WANTED), facts), Situation(Event.NO_STEP), facts)
        steps += 1
    assert steps <= 8 + facts.tf32
