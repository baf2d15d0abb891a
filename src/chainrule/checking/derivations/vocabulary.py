"""The meaning of words, commands and signs of LaTeX and of Unicode mathematics; `tokens` reads with these tables."""


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "varepsilon": "ε", "zeta": "ζ", "eta": "η",
    "theta": "θ", "vartheta": "θ", "iota": "ι", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ",
    "pi": "π", "rho": "ρ", "sigma": "σ", "varsigma": "σ", "tau": "τ", "upsilon": "υ", "phi": "φ", "varphi": "φ",
    "chi": "χ", "psi": "ψ", "omega": "ω", "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Xi": "Ξ",
    "Pi": "Π", "Sigma": "Σ", "Upsilon": "Υ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω", "ell": "ℓ",
}  # fmt: skip
FUNCTIONS = _set(
    """log ln exp tanh sech sinh cosh sin cos sqrt max min diag tr trace softmax sigmoid relu softplus sign logsoftmax
    logsumexp lse abs onehot th sgn lg dim rank det logloss"""
)
_RELATIONS = {
    "=": "=", ":=": ":=", "≡": "=", "≤": "<=", "≥": ">=", "<": "<", ">": ">", "≠": "!=", "≈": "~", "∝": "~", "∼": "~",
    "\\equiv": "=", "\\le": "<=", "\\leq": "<=", "\\leqslant": "<=", "\\ge": ">=", "\\geq": ">=", "\\geqslant": ">=",
    "\\lt": "<", "\\gt": ">", "\\ne": "!=", "\\neq": "!=", "\\approx": "~", "\\propto": "~", "\\sim": "~",
    "\\simeq": "~", "\\coloneqq": ":=", "\\triangleq": ":=", "≔": ":=", "\\doteq": ":=", "==": "=", "<=": "<=",
    ">=": ">=", "!=": "!=", "=:": "=", "≕": "=", "\\ll": "~", "\\gg": "~", "\\lesssim": "~",
    "\\gtrsim": "~", "\\lessapprox": "~", "\\gtrapprox": "~", "\\approxeq": "~", "\\cong": "~", "\\asymp": "~",
    "≃": "~", "≅": "~", "≲": "~", "≳": "~", "≪": "~", "≫": "~", "≍": "~", "⩽": "<=", "⩾": ">=", "\\leqq": "<=",
    "\\geqq": ">=",
}  # fmt: skip
_ARROWS = r"""=> \to \rightarrow \Rightarrow \implies \iff \Leftrightarrow \longrightarrow \mapsto \leftarrow \gets
    \Longrightarrow \Leftarrow \therefore \because ⇒ ⇔ → ← ↦ ∴ ⟹ ⟺ \leadsto \Longleftrightarrow"""
_OPERATORS = {
    "·": "·", "⋅": "·", "∙": "·", "•": "·", "*": "·", "\\cdot": "·", "\\bullet": "·", "\\ast": "·", "×": "×",
    "\\times": "×", "⊙": "⊙", "\\odot": "⊙", "∘": "∘", "\\circ": "∘", "⊗": "⊗", "\\otimes": "⊗", "\\star": "⊙",
    "+": "+", "-": "-", "−": "-", "–": "-", "—": "-", "/": "/", "÷": "/", "\\div": "/", "\\pm": "±", "±": "±",
    "!": "!", ",": ",", ";": ",", ".": ",", "∈": "∈", "\\in": "∈", "∂": "∂", "\\partial": "∂", "∇": "∇",
    "\\nabla": "∇", "^": "^", "_": "_", "'": "'", "′": "'", "’": "'", "\\prime": "'", "″": "''", "|": "|", "∣": "|",
    "\\vert": "|", "\\lvert": "|", "\\rvert": "|", "\\mid": "|", "\\|": "‖", "‖": "‖", "\\Vert": "‖", "\\lVert": "‖",
    "\\rVert": "‖", "&": "&", "\\\\": "\\\\", ":": ":", "√": "√", "\\sqrt": "√", "\\wedge": "∧", "\\land": "∧",
    "∧": "∧", "\\forall": "∀", "∀": "∀", "\\infty": "∞", "∞": "∞", "\\top": "⊤", "⊤": "⊤", "\\intercal": "⊤",
    "\\sum": "Σ", "∑": "Σ", "\\prod": "Π", "∏": "Π", "∫": "∫", "\\int": "∫",
}  # fmt: skip
_GAPS = r"""\quad \qquad \enspace \hfill \enskip \hskip \checkmark ✓ \qed \square \blacksquare ∎ \Box □ ■"""
_DOTS = r"""... \dots \ldots \cdots \vdots \ddots \dotsc \dotsb \iddots … ⋯ ⋮ ⋱"""
_OPEN = {"(": "(", "[": "[", "\\{": "{", "\\lbrace": "{", "\\lbrack": "[", "⟨": "⟨", "\\langle": "⟨", "⟦": "["}
_CLOSE = {")": ")", "]": "]", "\\}": "}", "\\rbrace": "}", "\\rbrack": "]", "⟩": ")", "\\rangle": ")", "⟧": "]"}
_NAMES = {"\\R": "ℝ", "\\N": "N", "\\E": "E", "\\P": "P", "𝟙": "𝟙"}
SIGNS = {
    **{sign: ("relation", text) for sign, text in _RELATIONS.items()},
    **{sign: ("arrow", sign) for sign in _ARROWS.split()},
    **{sign: ("op", text) for sign, text in _OPERATORS.items()},
    **dict.fromkeys(_GAPS.split(), ("gap", "")),
    **dict.fromkeys(_DOTS.split(), ("dots", "…")),
    **{sign: ("open", text) for sign, text in _OPEN.items()},
    **{sign: ("close", text) for sign, text in _CLOSE.items()},
    **{sign: ("name", text) for sign, text in _NAMES.items()},
    **{"\\" + name: ("name", letter) for name, letter in GREEK.items()},
    **{sign: ("brace", sign) for sign in "{}"},
    **{sign: ("word", sign.removeprefix("\\")) for sign in (r"\max", r"\min")},
    **dict.fromkeys(("~", "\ufeff", "\u200b"), ("space", "")),
}
"""Signs and commands without arguments: the kind and the normal spelling of the token that each becomes."""
FONTS = _set(
    """boldsymbol mathbf bm pmb vec mathit mathsf mathbfit textbf bold mathtt texttt symbf underline overrightarrow
    mathnormal symbfit boldmath textit"""
)
_BLACKBOARD = {"R": "ℝ", "1": "𝟙", "I": "𝟙", "E": "𝔼"}
ALPHABETS: dict[str, dict[str, str]] = {
    "mathbb": _BLACKBOARD, "Bbb": _BLACKBOARD, "mathcal": {}, "mathscr": {}, "mathfrak": {}, "cal": {},
}  # fmt: skip
ACCENTS = {"hat": "̂", "widehat": "̂", "bar": "̄", "overline": "̄", "tilde": "̃", "widetilde": "̃", "dot": "̇"}
UPRIGHT = _set("operatorname mathrm mathop DeclareMathOperator rm textrm")
WORDS = UPRIGHT | _set("text mbox textup textsf textnormal")
SILENT = _set(
    """, ; ! : > displaystyle textstyle scriptstyle limits nolimits nonumber notag left right big Big bigg Bigg bigl
    bigr Bigl Bigr biggl biggr Biggl Biggr middle mathstrut strut noindent centering relax allowbreak nobreak mathbin
    mathrel mathord mathopen mathclose smallskip medskip bigskip hline par small normalsize large it bf"""
)
WITH_ARGUMENT = _set("label tag hspace vspace color phantom vphantom hphantom ref eqref cite footnote")
LAYOUTS = _set(
    """equation align aligned split gather gathered multline multlined eqnarray displaymath flalign alignat alignedat
    math subequations dmath center"""
)
"""Environments that only arrange rows."""
STACKED = frozenset(["\\stackrel", "\\overset", "\\underset", "\\overunderset"])
SUPERSCRIPTS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱˣʸᵀᵃᵇᶜᵈᵉᵗᵏʲᵐᶻ", "0123456789+-=()nixyTabcdetkjmz", strict=True))
SUBSCRIPTS = dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ᵢⱼₖₗₘₙₐₓₜₛₚᵣᵤᵥₑₒₕ", "0123456789+-=()ijklmnaxtspruveoh", strict=True))
FRACTIONS = {"½": r"\frac{1}{2}", "¼": r"\frac{1}{4}", "¾": r"\frac{3}{4}", "⅓": r"\frac{1}{3}", "⅔": r"\frac{2}{3}"}
SUMS = {"sum": "Σ", "prod": "Π"}
