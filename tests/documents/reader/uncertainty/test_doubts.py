import pytest

from chainrule.documents import check_derivation
from chainrule.documents.reader.reading import read
from chainrule.documents.reader.uncertainty.doubts import Doubts
from chainrule.documents.sources.opening import pieces_of
from chainrule.documents.verdicts.document_steps import steps_of


def doubts_of(text):
    reading = read(pieces_of(text, "a.md"))
    entries = [entry for entry in reading.entries if entry.claim is not None]
    return [Doubts(reading).of(reading.derivation.claims[entry.claim], entry) for entry in entries]


def test_a_claim_of_variables_and_known_functions_is_certain():
    assert doubts_of("$$\\frac{d}{dx} x^2 = 3x$$") == [()]


def test_a_loss_without_a_definition_is_a_doubt():
    assert doubts_of("$$\\frac{dL}{dx} = 3x$$") == [("L is not defined",)]


def test_a_bare_name_without_a_definition_is_a_doubt():
    assert doubts_of("$$x + 1 = y$$") == [("x is not defined", "y is not defined")]


def test_a_name_with_two_definitions_is_a_doubt():
    found = doubts_of("$$z = x^2$$\n\n$$z = x^3$$\n\n$$\\frac{dz}{dx} = 2x$$")
    assert all("z is defined more than once" in each for each in found)


def test_a_definition_that_is_not_read_is_a_doubt_about_all_that_use_it():
    found = doubts_of("$$z = \\iint x$$\n\n$$y = z^2$$\n\n$$y + 1 = z^2 + 2$$")
    assert found == [("the definition of z is not read",)]


def test_the_same_arguments_everywhere_leave_no_doubt_if_none_depends_on_another():
    text = "Let $z$ and $b$ be numbers, and $g(z, b) = z e^{b z}$.\n\n$$\\frac{\\partial g(z, b)}{\\partial b} = z$$"
    assert doubts_of(text) == [()]
    dependent = "$$z = b^2$$\n\n" + text.replace("$z$ and $b$ be numbers", "$b$ be a number")
    assert "g is the value of a function, and not the function" in doubts_of(dependent)[0]


def test_unequal_may_mean_not_always_equal():
    assert doubts_of("$$x + 1 \\neq 2x$$") == [("it may say only that the sides are not always equal",)]


def test_a_word_that_nobody_defines_is_a_doubt_and_a_letter_of_which_no_sentence_speaks_is_none():
    assert doubts_of("$$a x = x \\mathtt{relu2}$$") == [("a is not defined", "relu2 is not defined")]
    assert doubts_of("$$a x = 2 x a$$") == [()]
    assert doubts_of("Here $a$ is one.\n\n$$a x = 2 x a$$") == [("a is not defined",)]


def test_a_function_made_of_names_that_depend_on_its_parameter_is_a_doubt():
    block = "---\na: scalar\nb: scalar\nS := 2 a\nH(a, b) := S a - b\n---\n\n"
    assert doubts_of(block + "$$H(b, a) = 2 b^2 - a$$") == [("H is made of names that depend on a",)]
    assert doubts_of(block.replace("S a - b", "2 a^2 - b") + "$$H(b, a) = 2 b^2 - a$$") == [()]


def test_an_argument_of_a_function_that_is_defined_is_a_variable():
    text = "Text about $z$.\n\n$$f(z) = \\frac{z}{1 + |z|}$$\n\n$$f'(z) = \\frac{\\text{sgn}(z)}{(1 + z)^2}$$"
    assert steps_of(pieces_of(text, "a.md")).steps[-1].verdict.name == "wrong"
    text = "Text about $z$.\n\n$$\\tanh(z) = 2\\, \\text{sigmoid}(z) - 1$$"
    assert steps_of(pieces_of(text, "a.md")).steps[-1].verdict.name == "wrong"
    text = "Text about $z$ and $c$.\n\n$$f(z) = z^2$$\n\n$$f'(z) = 2 c z$$"
    assert steps_of(pieces_of(text, "a.md")).steps[-1].verdict.name == "wrong if read so"


def test_a_numbered_name_moves_with_what_another_section_makes_it_of(reading_of):
    made_of = reading_of("# A\n\n$$r_1 = V_1 x$$\n\n# B\n\n$$\\frac{d r_1^2}{d V_1} = 0$$").made_of
    assert made_of["r_1"][1] >= {"V_1", "x"}


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("Let $L(w) = (y - w x)^2$.\n\n$$\\frac{dL}{dw} = 2 x (y - w x)$$", "wrong"),
        ("Let $L(w) = (y - w x)^2$.\n\n$$\\frac{dL}{dw} = 2 z (y - w x)$$", "wrong if read so"),  # z may hide a path
        ("Let $L(w) = (y - a)^2$.\n\n$$\\frac{dL}{dw} = 2 (a - y)$$", "wrong if read so"),  # a may depend on w
        ("Let $L = (y - w x)^2$.\n\n$$\\frac{dL}{dw} = 2 x (y - w x)$$", "wrong if read so"),
        ("For $h(x, y) = x^2 y$,\n\n$$\\frac{\\partial h}{\\partial x} = x y$$", "wrong"),
        (
            "For $h(x, y) = x^2 y$, all is well.\n\n# Next\n\n$$\\frac{\\partial h}{\\partial x} = x y$$",
            "wrong if read so",
        ),
        ("$$\\lim_{x \\to 0} \\frac{\\sin x}{x} = 0$$", "wrong"),
        ("$$x^2 - 3x = 0$$", "wrong if read so"),
    ],
)
def test_letters_beside_the_arguments_that_a_function_is_told_to_have(text, verdict):
    assert steps_of(pieces_of(text, "a.md")).steps[-1].verdict.name == verdict


@pytest.mark.parametrize(
    ("sentence", "verdict"),
    [
        ("Then $f'(x) = 3 x^2 + 1$.", "wrong"),
        ("Hence, $f'(x) = 3 x^2 + 1$ and $f''(x) = 6 x$.", "wrong"),
        ("Then $f'(x) = 3$.", "wrong if read so"),  # where?
        ("Then $f'(x) = 3 x^2 + 1$ where the slope is so.", "wrong if read so"),
        ("Suppose $f'(x) = 3 x^2 + 1$.", None),
    ],
)
def test_a_sentence_that_only_concludes_a_derivative_claims_it(sentence, verdict):
    steps = steps_of(pieces_of(f"Let $f(x) = x^3$. {sentence}", "a.md")).steps[1:]
    assert [step.verdict.name for step in steps[:1]] == ([verdict] if verdict else [])


def test_a_definition_of_which_its_sentence_says_more_leaves_a_doubt():
    text = "Let $s(u) = u$ as a value, but it counts as a constant.\n\n$$s'(x) = 2 x$$"
    assert steps_of(pieces_of(text, "a.md")).steps[-1].verdict.name == "wrong if read so"
    assert steps_of(pieces_of(text.replace(", but it counts as a constant", ""), "a.md")).steps[-1].verdict.fault


def test_a_derivative_of_an_entrywise_function_may_be_meant_entry_by_entry():
    text = "---\nx: vector n\n---\n\n$$\\frac{d}{dx} \\tanh x = \\operatorname{sech}^2 x$$"
    (step,) = steps_of(pieces_of(text, "a.md")).steps
    assert (step.verdict.name, step.doubts) == (
        "does not fit if read so",
        ("the derivative of an entrywise function may be meant entry by entry",),
    )


@pytest.mark.parametrize(
    ("definition", "verdict"),
    [
        (r"\tanh x", "does not fit if read so"),
        (r"\frac{1}{1 + e^{-x}}", "does not fit if read so"),
        (r"\tanh(W x)", "does not fit"),
        ("x + y", "does not fit"),
    ],
)
def test_the_name_of_an_entrywise_function_may_be_meant_so_too(definition, verdict):
    text = f"---\nx: column n\ny: column n\nW: matrix n n\n---\n\n$$a = {definition}$$\n\n"
    step = steps_of(pieces_of(text + r"$$\frac{\partial a}{\partial x} = a (1 - a)$$", "a.md")).steps[-1]
    assert step.verdict.name == verdict


DIVERGENCE = """Let $P = (p_1, \\dots, p_n)$ and $Q = (q_1, \\dots, q_n)$.

$$D(P \\| Q) = \\sum_i p_i \\ln \\frac{p_i}{q_i}$$

"""
HOLD = ("proved", "verified", "held", "proved if")


@pytest.mark.parametrize("claim", ["D(P \\| Q) = D(Q \\| P)", "D(P \\| Q) = D(P \\| P)", "D(P \\| Q) = D(R \\| Q)"])
def test_nothing_is_proved_of_a_function_whose_arguments_do_not_stand_in_it(claim):
    assert check_derivation(f"{DIVERGENCE}$${claim}$$").steps[-1].verdict not in HOLD


def test_the_value_of_a_function_at_equal_arguments_is_no_definition():
    text = "Let $f(x, y) = x^2 + y$.\n\n$$f(x, x) = 0$$\n\n$$f(x, y) = f(y, x)$$"
    assert [step.verdict in HOLD for step in check_derivation(text).steps] == [False, False, False]


def test_what_a_definition_was_read_by_is_a_doubt_about_its_claims():
    text = r"$$f = \sum_{i=1}^n u_i + u_i^2$$" + "\n\n" + r"$$\frac{\partial f}{\partial u_k} = 1$$"
    assert "a sum reaches over the terms that use its index" in doubts_of(text)[-1]


def test_a_result_is_not_proved_by_a_later_sentence_that_repeats_it():
    text = r"We have $J(\theta) = (X\theta - y)^\top (X\theta - y)$ and set its gradient to zero:" "\n\n"
    text += r"$$\nabla J(\theta) = 2 X^\top X \theta - 2 X^\top y = 0 \\ \theta = %s (X^\top X)^{-1} X^\top y$$" "\n\n"
    text += r"# Later" "\n\n" r"Use the formula $\theta = %s (X^\top X)^{-1} X^\top y$ of above."
    verdicts = [check_derivation(text % (factor, factor), repairs=False).claims[-1].verdict for factor in ("", "3")]
    assert verdicts[0] == "proved"
    assert not verdicts[1].startswith("proved")


def test_a_number_for_a_declared_letter_is_not_wrong():
    text = "---\nx: number\n---\n\nWe solve\n\n$$-0.56 + 1.94 x = 0$$\n\n$$x = 0.29$$"
    assert not check_derivation(text, repairs=False).faults


def test_a_declaration_that_defines_nothing_is_a_problem_and_a_doubt():
    text = "---\nw, v: number\nS_k := S_{k+1} w + x_k v\n---\n\n"
    text += r"$$\frac{\partial S_k}{\partial S_{k+1}} = w$$"
    report = check_derivation(text, repairs=False)
    assert not report.faults
    assert "defines nothing" in report.problems[0][1]


def test_a_gradient_that_fits_if_it_lies_the_other_way_is_not_accused_unless_the_text_says_which_way():
    text = "---\nt: column n\ny: column n, one-hot\n%s---\n\n$$J = CE(y, p), \\quad p = softmax(t)$$\n\n"
    claims = r"$$\frac{\partial J}{\partial t} = (p - y)^\top$$" "\n\n" r"$$\frac{\partial J}{\partial t} = p - y$$"
    found = check_derivation(text % "" + claims, repairs=False).claims
    told = check_derivation(text % "layout: rows\n" + claims, repairs=False).claims
    assert {step.verdict for step in found} == {"does not fit if read so", "proved"}
    assert {step.verdict for step in told} == {"proved", "does not fit"}
    assert any("transposes" in step.message for step in found)


def test_a_claim_about_a_declared_name_whose_definition_does_not_fit_is_not_wrong():
    text = r"Let $X \in \mathbb{R}^{m \times n}$ and $u \in \mathbb{R}^n$, $v \in \mathbb{R}^m$." + "\n\n"
    claim = "$$X u = 2 v$$"
    assert check_derivation(text + claim, repairs=False).claims[-1].verdict == "wrong"
    found = check_derivation(text + "$$X = u u^T u$$\n\n" + claim, repairs=False).claims[-1]
    assert found.verdict == "no definition"
    assert "the definition of X does not fit" in found.doubts


@pytest.mark.parametrize(
    ("made_of", "claim", "verdict"),
    [
        (r"h(y)", r"\frac{\partial f}{\partial w} = x A'(w x)", "proved"),
        (r"h(y)", r"\frac{\partial f}{\partial w} = A'(w x)", "wrong if read so"),
        (r"h(y, w)", r"\frac{\partial f}{\partial w} = x A'(w x)", "no definition"),
        (r"h(s)", r"\frac{\partial f}{\partial w} = x A'(w x)", "no definition"),
    ],
)
def test_a_function_that_is_not_read_is_any_function_of_its_arguments(made_of, claim, verdict):
    text = rf"Let $A(\eta) = \ln \int {made_of} e^{{\eta y}} dy$ for numbers $x$ and $w$, $s = w^2$ and $f = A(w x)$."
    assert check_derivation(f"{text}\n\n$${claim}$$", repairs=False).steps[-1].verdict == verdict


def test_a_sum_whose_end_nothing_says_is_a_doubt():
    text = "Let $w \\in \\mathbb{R}^k$ and $x \\in \\mathbb{R}^n$.\n\n"
    untold = "$$\\sum_i \\sum_{j=1}^k w_j x_{i+j-1} = \\sum_{i=1}^{n-k} \\sum_{j=1}^k w_j x_{i+j-1}$$"
    assert doubts_of(text + untold) == [("nothing says up to which number i runs",)]
    assert doubts_of(text + "$$\\sum_j w_j = \\sum_{j=1}^{k-1} w_j$$") == [()]


def test_nothing_is_proved_alone_where_the_text_shows_a_way_around_what_a_value_is_made_of():
    text = (
        r"We store $u = bc$, then $v = a + u$, and last $J = 3v$."
        "\n\n$$\\frac{dJ}{da} = \\frac{dJ}{d%s} \\frac{d%s}{da}$$"
    )
    found = {name: check_derivation(text % (name, name), repairs=False).claims[0].verdict for name in "uv"}
    assert found == {"u": "wrong if read so", "v": "proved"}


def test_a_proof_supposes_nothing_of_a_letter_that_the_text_defines():
    text = r"""A network reads $x_1, \dots, x_T$. Its state begins with a number $h_0$, and for $t = 1, \dots, T$
$$
h_t = \tanh(w h_{t-1} + u x_t) .
$$
The loss $L = \sum_{t=1}^T L_t(h_t)$ is made of one for each time. We write $g_t = 1 - h_t^2$. Then
$$
\frac{\partial L}{\partial w} = \sum_{t=1}^T \frac{\partial L}{\partial h_t} g_t h_{t-1},
$$
If we forget the later times, we get
$$
\frac{\partial L}{\partial h_t} = L_t'(h_t) .
$$"""
    assert check_derivation(text, repairs=False, seconds=2).claims[-1].verdict == "wrong if read so"
