"""Values of functions that have the letter of the function."""

from chainrule.documents import check_derivation

LOSS = (
    r"$E(w) = -\sum_i [y_i \ln \sigma_i + (1 - y_i) \ln(1 - \sigma_i)]$, where $\sigma_i = \sigma(w^\top x_i)$."
    + "\n\n"
)


def verdicts(text):
    return [step.verdict for step in check_derivation(text, "a.md", repairs=False).steps]


def test_values_with_an_index_are_apart_from_their_function(definitions):
    assert definitions(LOSS + r"$$z = \sum_i \sigma_i (1 - \sigma_i)$$")["sigma_value"].startswith("[i in n0: sigma(")
    assert verdicts(LOSS + r"$$\nabla E(w) = \sum_i (\sigma_i - y_i) x_i$$")[-1] == "proved if"
    assert verdicts(LOSS + r"$$\nabla E(w) = \sum_i (\sigma_i + y_i) x_i$$")[-1] == "wrong if read so"


def test_several_functions_are_no_values(reading_of):
    text = r"$$f_i = f(x_i), \quad f_k(z) = k z, \quad y = \sum_i f_i$$"
    assert not any("value" in name for name in reading_of(text).shapes.names)
