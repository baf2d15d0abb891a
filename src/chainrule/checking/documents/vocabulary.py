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
_SPELLINGS: dict[str, dict[str, str]] = {
    "relation": {
        "=": r"= ≡ \equiv == =: ≕", ":=": r":= \coloneqq \triangleq ≔ \doteq", "<=": r"≤ \le \leq \leqslant <= ⩽ \leqq",
        ">=": r"≥ \ge \geq \geqslant >= ⩾ \geqq", "<": r"< \lt", ">": r"> \gt", "!=": r"≠ \ne \neq !=",
        "~": r"""≈ ∝ ∼ ≃ ≅ ≲ ≳ ≪ ≫ ≍ \approx \propto \sim \simeq \ll \gg \lesssim \gtrsim \lessapprox \gtrapprox
            \approxeq \cong \asymp""",
    },
    "op": {
        "·": r"· ⋅ ∙ • * \cdot \bullet \ast", "×": r"× \times", "⊙": r"⊙ \odot \star", "∘": r"∘ \circ",
        "⊗": r"⊗ \otimes", "+": "+", "-": "- − – —", "/": r"/ ÷ \div", "±": r"\pm ±", "!": "!", ",": ", ; .",
        "∈": r"∈ \in", "∂": r"∂ \partial", "∇": r"∇ \nabla", "^": "^", "_": "_", "'": r"' ′ ’ \prime", "''": "″",
        "|": r"| ∣ \vert \lvert \rvert \mid", "‖": r"\| ‖ \Vert \lVert \rVert", "&": "&", "\\\\": r"\\", ":": ":",
        "√": r"√ \sqrt", "∧": r"\wedge \land ∧", "∀": r"\forall ∀", "∞": r"\infty ∞", "⊤": r"\top ⊤ \intercal",
        "Σ": r"\sum ∑", "Π": r"\prod ∏", "∫": r"∫ \int",
    },
    "open": {"(": "(", "[": r"[ \lbrack ⟦", "{": r"\{ \lbrace", "⟨": r"⟨ \langle"},
    "close": {")": r") ⟩ \rangle", "]": r"] \rbrack ⟧", "}": r"\} \rbrace"},
    "name": {"ℝ": r"\R", "N": r"\N", "E": r"\E", "P": r"\P", "𝟙": "𝟙"},
    "word": {"max": r"\max", "min": r"\min"},
    "brace": {"{": "{", "}": "}"},
    "dots": {"…": r"... \dots \ldots \cdots \vdots \ddots \dotsc \dotsb \iddots … ⋯ ⋮ ⋱"},
    "gap": {"": r"\quad \qquad \enspace \hfill \enskip \hskip \checkmark ✓ \qed \square \blacksquare ∎ \Box □ ■"},
    "space": {"": "~ \ufeff \u200b"},
}  # fmt: skip
"""For each kind of token and its normal spelling, the signs and commands without arguments that become it."""
_ARROWS = r"""=> \to \rightarrow \Rightarrow \implies \iff \Leftrightarrow \longrightarrow \mapsto \leftarrow \gets
    \Longrightarrow \Leftarrow \therefore \because ⇒ ⇔ → ← ↦ ∴ ⟹ ⟺ \leadsto \Longleftrightarrow"""
SIGNS = {
    sign: (kind, text)
    for kind, spellings in _SPELLINGS.items()
    for text, signs in spellings.items()
    for sign in signs.split()
}
SIGNS |= {"\\" + name: ("name", letter) for name, letter in GREEK.items()}
SIGNS |= {sign: ("arrow", sign) for sign in _ARROWS.split()}
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
