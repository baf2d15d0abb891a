"""The signs and commands of written mathematics: one entry for each, with its arguments and what it makes."""

from __future__ import annotations

import unicodedata
from typing import NamedTuple


class Construct(NamedTuple):
    """One command, sign or environment.

    Attributes
    ----------
    role : str
        What it makes: a symbol, a joint, a relation, an accent, a fraction, a space, ...
    value : str
        Which one: the name of the symbol, the relation, the kind of bracket.
    arguments : str
        `m` is a formula, `r` is text that is not read as a formula, `o` may stand in square brackets.
    """

    role: str
    value: str = ""
    arguments: str = ""


CONSTRUCTS: dict[str, Construct] = {}
"""By the name of the command, without its backslash."""


def _each(text: str) -> list[str]:
    return text.split()


def _same(role: str, names: str, arguments: str = "") -> None:
    """Enter commands whose value is their name, or is given after a colon."""
    for entry in _each(names):
        name, _, value = entry.partition("→")
        CONSTRUCTS[name] = Construct(role, value or name, arguments)


_same(
    "symbol",
    """alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa varkappa lambda mu nu xi omicron pi
    varpi rho varrho sigma varsigma tau upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon
    Phi Psi Omega ell hbar imath jmath wp Re Im aleph infty emptyset varnothing→emptyset partial nabla grad→nabla top
    intercal→top bot dagger ddagger angle degree→circ exists neg lnot→neg % # & $ S→§ diamond clubsuit
    spadesuit heartsuit triangle→Delta bigtriangleup→Delta vartriangle→Delta eth digamma ast→* star""",
)
_same("roman", "dd→d diff→d differential→d")
_same("blackboard", "R→R N→N Z→Z Q→Q C→C Reals→R reals→R RR→R Rr→R")
_same(
    "word",
    """exp log ln lg sin cos tan cot sec csc sinh cosh tanh coth arcsin arccos arctan arg deg det dim gcd hom ker Pr
    tr Tr→tr trace→tr rank diag sgn→sign sign softmax sigmoid relu ReLU→relu softplus logit logsumexp erf vect→vec Var
    Cov Corr MSE CE KL prox proj lcm mod bmod→mod arctanh artanh arsinh arcosh sech csch log1p expm1 SE NLL LSE
    sigm→sigmoid logistic sqrt const""",
)
_same(
    "big",
    """sum prod coprod max min argmax argmin sup inf lim limsup liminf int iint iiint oint bigcup bigcap bigoplus
    bigotimes bigwedge bigvee bigodot E""",
)
_same(
    "dots", "dots ldots cdots vdots ddots dotsc dotsb dotsm dotsi dotso hdots iddots mathellipsis textellipsis hdotsfor"
)
_same(
    "joint",
    """cdot→* cdotp→* times→x circ→o odot→.* otimes→(x) oplus→(+) ominus→(-) div→/ bullet→* cup→cup cap→cap wedge→and
    vee→or land→and lor→or setminus→\\ backslash→\\ slash→/ boxtimes→(x) rtimes→x ltimes→x circledast→*""",
)
_same("sign", "pm→0 mp→0 minus→-1")
_same(
    "relation",
    """ne→!= neq→!= lt→< gt→> le→<= leq→<= leqslant→<= leqq→<= ge→>= geq→>= geqslant→>= geqq→>= ll→<< gg→>> approx→~
    simeq→~ cong→~ approxeq→~ thickapprox→~ sim→∼ thicksim→∼ equiv→≡ doteq→≡ triangleq→:= coloneqq→:= coloneq→:=
    defeq→:= eqdef→:= eqqcolon→=: propto→∝ varpropto→∝ Rightarrow→=> implies→=> Longrightarrow→=> therefore→=> iff→<=>
    Leftrightarrow→<=> Longleftrightarrow→<=> Leftarrow→<== impliedby→<== Longleftarrow→<== leftarrow→<- gets→<-
    longleftarrow→<- to→-> rightarrow→-> longrightarrow→-> mapsto→-> longmapsto→-> leftrightarrow→<->
    leftrightharpoons→<-> rightleftharpoons→<-> rightharpoonup→-> uparrow downarrow
    in notin ni subset subseteq→subset supset
    supseteq→supset subsetneq→subset perp prec preceq succ succeq models vdash
    asymp→~ nleq→> ngeq→< leadsto→-> rightsquigarrow→-> hookrightarrow→-> twoheadrightarrow→-> colon→: vcentcolon→:""",
)
_same("arrow", "xrightarrow→-> xleftarrow→<- xlongequal→= xRightarrow→=> xLeftrightarrow→<=> xmapsto→->", "om")
_same("accent", "hat widehat→hat tilde widetilde→tilde bar overline→bar vec overrightarrow→vec dot ddot dddot", "m")
_same("accent", "check widecheck→check breve acute grave mathring→ring underline underbar→underline utilde", "m")
_same(
    "font",
    "mathbf→bold boldsymbol→bold bm→bold bold→bold pmb→bold symbf→bold textbf→bold bbm→blackboard mathbbm→blackboard",
    "m",
)
_same("font", "mathcal→calligraphic mathscr→calligraphic cal→calligraphic mathbb→blackboard Bbb→blackboard", "m")
_same("font", "mathfrak→fraktur mathsf→sans mathtt→typewriter mathrm→roman mathit→italic mathnormal→italic", "m")
_same("font", "operatorname→roman operatorname*→roman operatornamewithlimits→roman symup→roman mathup→roman", "m")
_same(
    "switch",
    "bf→bold bfseries→bold boldmath→bold rm→roman it→italic itshape→italic cal→calligraphic sf→sans tt→typewriter",
)
_same(
    "text",
    "text textrm textit textnormal textup textsf texttt textsc mbox hbox emph intertext shortintertext textmd",
    "r",
)
_same("fraction", "frac dfrac tfrac cfrac nicefrac sfrac", "mm")
_same("infix", "over atop choose→binomial above")
_same("binomial", "binom dbinom tbinom", "mm")
_same("root", "sqrt", "om")
_same("inside", "boxed fbox cancel bcancel xcancel mathop mathrel mathbin mathord mathopen mathclose mathinner", "m")
_same("inside", "ensuremath framebox smash uline sout mathpunct displaylines", "m")
_same("inside", "textcolor colorbox style class cssId html href mathcolor", "rm")
_same("braced", "underbrace overbrace", "m")
_same("over", "stackrel overset buildrel cancelto", "mm")
_same("under", "underset", "mm")
_same("derivative", "dv→d derivative→d odv→d od→d pdv→partial partialderivative→partial fdv→delta")
_same("derivative", "pd→partial partialfrac→partial")
_same("enclosed", "abs→| norm→|| lVert→|| set→{ floor→floor ceil→ceil Abs→| Norm→|| inner→< ip→<", "m")
_same("enclosed", "qty→( pqty→( pa→( bqty→[ cro→[", "m")
_same("stack", "substack", "m")
_same("matrix", "pmatrix→( bmatrix→[ matrix→", "m")
_same("casework", "cases", "m")
_same("tag", "tag tag*", "r")
_same("label", "label", "r")
_same("reference", "ref eqref cref Cref autoref cite pageref", "r")
_same(
    "nothing",
    "color definecolor hspace* vspace* vspace footnote setlength require kern mkern hskip mskip fontsize",
    "r",
)
_same("nothing", "rule", "orr")
_same("nothing", "footnotemark footnotetext index thispagestyle marginnote raisebox vphantom", "r")
_same("wide", "phantom hphantom hspace", "r")
_same("wide", "quad qquad hfill hfil enspace indent enskip")
_same("space", ", : ; ! > ~ thinspace medspace thickspace negthinspace nobreakspace space nobreak")
_same(
    "nothing",
    """limits nolimits displaystyle textstyle scriptstyle scriptscriptstyle notag nonumber allowbreak break
    displaybreak noindent centering center tiny scriptsize footnotesize small normalsize large Large LARGE huge Huge
    selectfont normalfont rmfamily mathsurround strut mathstrut null relax hline bigskip medskip smallskip vfill / -
    checkmark qed qedhere qedsymbol bigstar because allowdisplaybreaks protect unboldmath
    color* par cline toprule midrule bottomrule ldotp @ item""",
)
_same("mark", "square blacksquare Box")
_same("size", "big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr Biggl Biggr bigm Bigm biggm Biggm middle")
_same("side", "left right")
_same("row", "\\ cr newline tabularnewline crcr")
_same("open", "(→( {→{ lbrace→{ lbrack→[ langle→< lfloor→floor lceil→ceil lvert→| lgroup→( llbracket→[[ ulcorner→[")
_same("close", ")→( }→{ rbrace→{ rbrack→[ rangle→< rfloor→floor rceil→ceil rvert→| rgroup→( rrbracket→[[ urcorner→[")
_same("bar", "|→|| parallel→|| Vert→|| vert→| mid→| midd→| lVert→|| rVert→|| doublebar→|| shortmid→| divides→|")
_same("prime", "prime→' second→''")
_same("forall", "forall")
_same("not", "not")
_same("begin", "begin", "r")
_same("end", "end", "r")
CONSTRUCTS[" "] = CONSTRUCTS["\n"] = CONSTRUCTS["\t"] = Construct("space", "~")
CONSTRUCTS["_"] = Construct("script", "_")
CONSTRUCTS["*"] = Construct("joint", "*")
CONSTRUCTS["pmod"] = Construct("nothing", "", "r")

SIGNS = {
    "=": Construct("relation", "="),
    "==": Construct("relation", "="),
    ":=": Construct("relation", ":="),
    **{sign: Construct("relation", sign) for sign in ("<", ">", "<=", ">=", "=:", "=>", "->", "<-", "<=>", "!=", "+=")},
    "-=": Construct("relation", "-="),
    "∼": Construct("relation", "∼"),
    "=<": Construct("relation", "<="),
    "+": Construct("sign", "1"),
    "-": Construct("sign", "-1"),
    "*": Construct("joint", "*"),
    "**": Construct("script", "^"),
    "/": Construct("joint", "/"),
    "@": Construct("joint", "@"),
    ",": Construct("comma", ","),
    ";": Construct("comma", ";"),
    ":": Construct("colon", ":"),
    ".": Construct("point", "."),
    "!": Construct("symbol", "!"),
    "?": Construct("symbol", "?"),
    "|": Construct("bar", "|"),
    "||": Construct("bar", "||"),
    "~": Construct("space", "~"),
    "^": Construct("script", "^"),
    "_": Construct("script", "_"),
    "&": Construct("cell"),
    "{": Construct("group"),
    "}": Construct("ungroup"),
    "(": Construct("open", "("),
    ")": Construct("close", "("),
    "[": Construct("open", "["),
    "]": Construct("close", "["),
    "...": Construct("dots"),
    **{mark: Construct("prime", mark) for mark in ("'", "''", "'''", "''''")},
    **{mark: Construct("nothing") for mark in ("✓", "✔", "∎", "□", "■", "$", "$$", "\u200b", "\ufeff", "`", '"')},
}
"""By the characters that are no command."""

UNICODE = {
    entry[0]: entry[1:]
    for entry in _each("""
    ∂partial 𝜕partial ∇nabla ∑sum ∏prod ∫int √sqrt ∞infty ∅emptyset ≠neq ≤leq ≥geq ⩽leq ⩾geq ≪ll ≫gg ≈approx
    ≃simeq ≅cong ≡equiv ≐doteq ≜triangleq ≝triangleq ≔coloneqq ∝propto ⇒implies ⟹implies ⇐Leftarrow ⇔iff ⟺iff
    ←gets →to ⟶to ⟵gets ↦mapsto ∈in ∉notin ∋ni ⊂subset ⊆subseteq ⊃supset ⊥perp ∥doublebar ‖doublebar ∣mid ·cdot
    ⋅cdot ∙cdot •cdot ×times ∘circ ⊙odot ⊗otimes ⊕oplus ÷div ∪cup ∩cap ∧land ∨lor ∗cdot ±pm ∓mp −minus –minus
    …ldots ⋯cdots ⋮vdots ⋱ddots ⟨langle 〈langle ⟩rangle 〉rangle ⌊lfloor ⌋rfloor ⌈lceil ⌉rceil ℓell ′prime ’prime
    ″second ∀forall ∃exists ⊤top ⊺top △triangle ∆Delta ∴therefore ⅆdd ¬neg ⊖ominus †dagger ⋆star ★star ◦circ
    𝛁nabla
    """)
}
"""The command that a character stands for."""

BIG = {name for name, entry in CONSTRUCTS.items() if entry.role == "big"} - {"E"}
NAMES = {name for name, entry in CONSTRUCTS.items() if entry.role == "word"} - {"sqrt"} | BIG - {"int", "lim"}
"""Words that are names, also where they are written without a command."""

_MATRICES = {"": "", "p": "(", "b": "[", "B": "{", "v": "|", "V": "||", "small": "", "psmall": "(", "bsmall": "["}
_ROWS = _each("""align equation eqnarray gather multline flalign displaymath math dmath aligned gathered split multlined
    center subequations empheq document IEEEeqnarray alignat alignedat""")
_TAKING = {"aligned": "o", "gathered": "o", "split": "o", "multlined": "o", "alignat": "r", "alignedat": "r"}
ENVIRONMENTS = {
    **{f"{mark}matrix": Construct("grid", kind) for mark, kind in _MATRICES.items()},
    **{f"{mark}matrix*": Construct("grid", kind, "o") for mark, kind in _MATRICES.items()},
    **{name: Construct("grid", "", "or") for name in ("array", "tabular")},
    **{name: Construct("cases") for name in ("cases", "cases*", "dcases", "dcases*", "rcases", "numcases")},
    **{name + star: Construct("rows", "", _TAKING.get(name, "")) for name in _ROWS for star in ("", "*")},
}
"""By their names: matrices with their brackets, cases, and rows that belong to the formula around them."""

CONNECTIVES = {
    **dict.fromkeys(_each("let suppose assume recall note denote sei seien soit sea пусть 设 令 假设 giả"), "note"),
    **dict.fromkeys(
        _each("""if when whenever for forall given assuming provided iff si wenn falls für pour quand
        lorsque cuando para se quando per если при для 若 如果 当 對於 对于 nếu khi với jeśli gdy dla als voor"""),
        "condition",
    ),
    **dict.fromkeys(_each("unless except sauf außer без кроме 除非"), "denial"),
    **dict.fromkeys(
        _each("""and or et ou und oder y o e и или 且 和 与 và hoặc where with so thus hence then therefore
        because since as i.e. e.g. that which is donc où also alors dann avec mit con где 其中 则 即 所以 因此
        trong puis daher folglich wo gives"""),
        "chain",
    ),
    **dict.fromkeys(_each("otherwise else sonst sinon autrement иначе 否则 其他 elsewhere ailleurs"), "otherwise"),
}
"""The role of what follows a phrase, by the first word of the phrase."""

_STYLES = {
    "BOLD": "bold",
    "DOUBLE-STRUCK": "blackboard",
    "SCRIPT": "calligraphic",
    "FRAKTUR": "fraktur",
    "SANS-SERIF": "sans",
    "MONOSPACE": "typewriter",
}
_MARKS = {
    "\u0302": "hat",
    "\u0303": "tilde",
    "\u0304": "bar",
    "\u0305": "bar",
    "\u0307": "dot",
    "\u0308": "ddot",
    "\u20d7": "vec",
    "\u030c": "check",
}


def letter(text: str) -> tuple[str, tuple[str, ...], str]:
    """The name, the accents and the font of a character, with its combining marks.

    >>> letter("ŷ"), letter("𝐖"), letter("σ")
    (('y', ('hat',), ''), ('W', (), 'bold'), ('sigma', (), ''))
    """
    if text.isascii():
        return text, (), ""
    decomposed = unicodedata.normalize("NFD", text)
    base, marks = decomposed[0], decomposed[1:]
    name = unicodedata.name(base, "")
    plain = unicodedata.normalize("NFKC", base)
    greek = unicodedata.name(plain, "") if len(plain) == 1 else ""
    if greek.startswith("GREEK") and "LETTER" in greek:
        plain = greek.split("LETTER ")[1].split(" ")[-1].lower().replace("lamda", "lambda")
        plain = plain.capitalize() if "CAPITAL" in greek else plain
        plain = "varsigma" if "FINAL" in greek else plain
    font = next((font for style, font in _STYLES.items() if style in name), "") if plain != base else ""
    return plain, tuple(_MARKS.get(mark, "mark") for mark in marks), font
