"""What words, commands and signs of LaTeX and of Unicode mathematics stand for; see `tokens`."""

from __future__ import annotations

GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "varepsilon": "ε", "zeta": "ζ", "eta": "η",
    "theta": "θ", "vartheta": "θ", "iota": "ι", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ",
    "pi": "π", "rho": "ρ", "sigma": "σ", "varsigma": "σ", "tau": "τ", "upsilon": "υ", "phi": "φ", "varphi": "φ",
    "chi": "χ", "psi": "ψ", "omega": "ω", "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Xi": "Ξ",
    "Pi": "Π", "Sigma": "Σ", "Upsilon": "Υ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω", "ell": "ℓ",
}  # fmt: skip
FUNCTIONS = frozenset(
    [
        "log",
        "ln",
        "exp",
        "tanh",
        "sech",
        "sinh",
        "cosh",
        "sin",
        "cos",
        "sqrt",
        "max",
        "min",
        "diag",
        "tr",
        "trace",
        "softmax",
        "sigmoid",
        "relu",
        "softplus",
        "sign",
        "logsoftmax",
        "logsumexp",
        "lse",
        "abs",
        "onehot",
        "th",
        "sgn",
        "lg",
        "dim",
        "rank",
        "det",
        "logloss",
    ]
)
RELATIONS = {
    "=": "=", ":=": ":=", "≡": "=", "≤": "<=", "≥": ">=", "<": "<", ">": ">", "≠": "!=", "≈": "~", "∝": "~", "∼": "~",
    "\\equiv": "=", "\\le": "<=", "\\leq": "<=", "\\leqslant": "<=", "\\ge": ">=", "\\geq": ">=", "\\geqslant": ">=",
    "\\lt": "<", "\\gt": ">", "\\ne": "!=", "\\neq": "!=", "\\approx": "~", "\\propto": "~", "\\sim": "~",
    "\\simeq": "~", "\\coloneqq": ":=", "\\triangleq": ":=", "≔": ":=", "\\doteq": ":=", "==": "=", "<=": "<=",
    ">=": ">=", "!=": "!=", "=:": "=", "≕": "=", "\\ll": "~", "\\gg": "~", "\\lesssim": "~",
    "\\gtrsim": "~", "\\lessapprox": "~", "\\gtrapprox": "~", "\\approxeq": "~", "\\cong": "~", "\\asymp": "~",
    "≃": "~", "≅": "~", "≲": "~", "≳": "~", "≪": "~", "≫": "~", "≍": "~", "⩽": "<=", "⩾": ">=", "\\leqq": "<=",
    "\\geqq": ">=",
}  # fmt: skip
ARROWS = frozenset(
    [
        "=>",
        "\\to",
        "\\rightarrow",
        "\\Rightarrow",
        "\\implies",
        "\\iff",
        "\\Leftrightarrow",
        "\\longrightarrow",
        "\\mapsto",
        "\\leftarrow",
        "\\gets",
        "\\Longrightarrow",
        "\\Leftarrow",
        "\\therefore",
        "\\because",
        "⇒",
        "⇔",
        "→",
        "←",
        "↦",
        "∴",
        "⟹",
        "⟺",
        "\\leadsto",
        "\\Longleftrightarrow",
    ]
)
OPERATORS = {
    "·": "·", "⋅": "·", "∙": "·", "•": "·", "*": "·", "\\cdot": "·", "\\bullet": "·", "\\ast": "·", "×": "×",
    "\\times": "×", "⊙": "⊙", "\\odot": "⊙", "∘": "∘", "\\circ": "∘", "⊗": "⊗", "\\otimes": "⊗", "\\star": "⊙",
    "+": "+", "-": "-", "−": "-", "–": "-", "—": "-", "/": "/", "÷": "/", "\\div": "/", "\\pm": "±", "±": "±",
    "!": "!", ",": ",", ";": ",", "∈": "∈", "\\in": "∈", "∂": "∂", "\\partial": "∂", "∇": "∇", "\\nabla": "∇",
    "^": "^", "_": "_", "'": "'", "′": "'", "’": "'", "\\prime": "'", "″": "''", "|": "|", "∣": "|", "\\vert": "|",
    "\\lvert": "|", "\\rvert": "|", "\\mid": "|", "\\|": "‖", "‖": "‖", "\\Vert": "‖", "\\lVert": "‖", "\\rVert": "‖",
    "&": "&", "\\\\": "\\\\", ":": ":", "√": "√", "\\sqrt": "√", "\\wedge": "∧", "\\land": "∧", "∧": "∧",
    "\\forall": "∀", "∀": "∀", "\\infty": "∞", "∞": "∞", "\\top": "⊤", "⊤": "⊤", "\\intercal": "⊤", "\\sum": "Σ",
    "∑": "Σ", "\\prod": "Π", "∏": "Π", "\\max": "max", "\\min": "min", "\\checkmark": "gap", "✓": "gap", "∫": "∫",
    "\\int": "∫", "~": "space", "\\qed": "gap", "\\square": "gap", "\\blacksquare": "gap", "∎": "gap", "\\Box": "gap",
    "□": "gap", "■": "gap",
}  # fmt: skip
DOTS = frozenset(
    ["\\dots", "\\ldots", "\\cdots", "\\vdots", "\\ddots", "\\dotsc", "\\dotsb", "\\iddots", "…", "⋯", "⋮", "⋱"]
)
OPEN = {"(": "(", "[": "[", "\\{": "{", "\\lbrace": "{", "\\lbrack": "[", "⟨": "⟨", "\\langle": "⟨", "⟦": "["}
CLOSE = {")": ")", "]": "]", "\\}": "}", "\\rbrace": "}", "\\rbrack": "]", "⟩": ")", "\\rangle": ")", "⟧": "]"}
FONTS = frozenset(
    [
        "boldsymbol",
        "mathbf",
        "bm",
        "pmb",
        "vec",
        "mathit",
        "mathsf",
        "mathbfit",
        "textbf",
        "bold",
        "mathtt",
        "texttt",
        "symbf",
        "underline",
        "overrightarrow",
        "mathnormal",
        "symbfit",
        "boldmath",
        "textit",
    ]
)
ACCENTS = {"hat": "̂", "widehat": "̂", "bar": "̄", "overline": "̄", "tilde": "̃", "widetilde": "̃", "dot": "̇"}
WORDS = frozenset(
    [
        "mathrm",
        "operatorname",
        "text",
        "textrm",
        "mathop",
        "mbox",
        "textup",
        "textsf",
        "rm",
        "DeclareMathOperator",
        "textnormal",
    ]
)
SILENT = frozenset(
    [
        ",",
        ";",
        "!",
        ":",
        ">",
        "quad*",
        "displaystyle",
        "textstyle",
        "scriptstyle",
        "limits",
        "nolimits",
        "nonumber",
        "notag",
        "left",
        "right",
        "big",
        "Big",
        "bigg",
        "Bigg",
        "bigl",
        "bigr",
        "Bigl",
        "Bigr",
        "biggl",
        "biggr",
        "Biggl",
        "Biggr",
        "middle",
        "mathstrut",
        "strut",
        "hfill",
        "noindent",
        "centering",
        "relax",
        "allowbreak",
        "nobreak",
        "hspace*",
        "mathbin",
        "mathrel",
        "mathord",
        "mathopen",
        "mathclose",
        "phantom*",
        "smallskip",
        "medskip",
        "bigskip",
        "hline",
        "par",
        "small",
        "normalsize",
        "large",
        "it",
        "bf",
    ]
)
WITH_ARGUMENT = frozenset(
    ["label", "tag", "hspace", "vspace", "color", "phantom", "vphantom", "hphantom", "ref", "eqref", "cite", "footnote"]
)
GAPS = frozenset({"quad", "qquad", "enspace", "hfill", "enskip", "hskip"})
SUPERSCRIPTS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱˣʸᵀᵃᵇᶜᵈᵉᵗᵏʲᵐᶻ", "0123456789+-=()nixyTabcdetkjmz", strict=True))
SUBSCRIPTS = dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ᵢⱼₖₗₘₙₐₓₜₛₚᵣᵤᵥₑₒₕ", "0123456789+-=()ijklmnaxtspruveoh", strict=True))
FRACTIONS = {"½": (1, 2), "¼": (1, 4), "¾": (3, 4), "⅓": (1, 3), "⅔": (2, 3)}
SUMS = {"sum": "Σ", "prod": "Π"}
