"""The words, in several languages, with which documents state kinds, facts, conditions and denials."""

from __future__ import annotations

import re


def _words(*listed: str) -> re.Pattern[str]:
    """Any of the words; those of scripts without spaces may stand anywhere."""
    every = " ".join(listed).split()
    spaced = "|".join(word.replace("_", " ") for word in every if ord(word[0]) < 0x3000)
    joined = "|".join(word for word in every if ord(word[0]) >= 0x3000)
    pattern = rf"(?<![\w-])(?:{spaced})(?![\w-])" if spaced else ""
    return re.compile("|".join(filter(None, (pattern, joined))), re.IGNORECASE)


def _named(**words: str) -> re.Pattern[str]:
    """As `_words`, with a group for each name."""
    groups = (f"(?P<{name}>{_words(listed).pattern})" for name, listed in words.items())
    return re.compile("|".join(groups), re.IGNORECASE)


ONWARD = _words(
    "let assum(?:e|ed|es|ing) suppose[ds]? given consider fix(?:ed)? throughout hereafter denotes? choose take",
    "define[ds]? writing write défini\\w* donnée?s?_par definiert definid[oa]",
    "sei(?:en)? angenommen gegeben betrachte[nt]? soi(?:t|ent) supposons considérons",
    "sea[n]? supongamos suponga consideremos пусть предположим допустим рассмотрим giả_sử cho xét",
    "设 設 假设 假設 令 假定 考虑 给定 とする 仮定 하자 가정",
)
"""After these a condition reaches on."""

RELATIVE = _words("where with wobei mit où avec donde con где với trong_đó 其中 ただし")
"""After these a fact about a name reaches on, and a relation as far as the sentence says."""

CONDITIONS = _words(
    "if when(?:ever)? for provided falls wenn für si pour lorsque quand cuando para если при для когда nếu khi"
    " 若 当 當 如果 假如 倘若 要是 对于 もし とき 때 경우"
)
"""After these a condition reaches over its sentence."""

CASES = _words("cases? fall cas caso случа\\w+ trường_hợp 情况 情形 場合")
CLAIMS = _words(
    "therefore hence thus so it_follows_that also\\b daher folglich donc ainsi luego entonces следовательно поэтому"
    " vậy 因此 所以 故 よって 따라서"
)
DENIALS = _words(
    "not \\w+n[’']t cannot no_longer unlike drop(?:s|ped|ping)? without never neither nor no instead_of rather_than",
    "except unless nicht kein\\w* ohne außer sans sauf pas contrairement sin excepto не без нет кроме",
    "không chẳng 不 没 沒 无 無 除非 未 なし ない ず 않 아니 없",
)
CALLED_WRONG = re.compile(
    r"\b(?:wrong|wrongly|incorrect|erroneous\w*|mistake\w*|fallac\w+|(?:is|are|be) false|"
    r"(?:is|are) (?:not|never) (?:true|correct|valid)|falsch\w*|faux|fausse|erron[ée]\w*|(?:es|é) fals[oa]|"
    r"incorrect[oa]|sbagliat\w*|неверн\w*)\b|错误|誤り",
    re.IGNORECASE,
)
"""Words in front of a display that say that it does not hold."""

PAST = _words(
    "had was were previously formerly (?:last|previous|preceding|earlier)_(?:section|part|chapter|example|case)",
    "hatten? war(?:en)? avions avait était teníamos было были",
)
GENERAL = _words(
    "in_general combin\\w+ both_cases together summari[sz]\\w+ in_summary to_sum_up insgesamt zusammen\\w* ensemble",
    "en_resumen объединя\\w+ вместе tổng_hợp 综上 总之 合并 まとめ",
)
"""After these no case is distinguished any more."""

OF_ALL = _words(
    "in_general general all every each any arbitrary both either whatever regardless alle[nrs]? jede[nrs]?",
    "allgemein\\w* tout tous toutes chaque quelconques? todos? todas? cada cualquier\\w* ambos",
    "все всех любо\\w+ любая любых mọi tất_cả bất_kỳ 所有 任意 一般 总 全て すべて 任意 모든 모두 임의 일반",
)
"""After these a condition before them need not hold."""

FOR_ALL = re.compile(
    r"\b(?:for|für|pour|para|для)\s+(?:all|any|every|arbitrary|alle|beliebige|tous?|toutes?|todos?|todas?|всех|любых)"
    r"(?P<names>(?:\s*(?:,|and|und|et|y|e|и)?\s*⟦\d+⟧)+)",
    re.IGNORECASE,
)
"""After these the letters have all values again: "for all i and j"."""

NOTATION = _words(
    "notations? conventions? set-?up bezeichnungen notación notações notação обозначения",
    "ký_hiệu 记号 符号 記号 記法 표기",
)
"""Words in the headings of sections that speak about the section around them."""

COPULA = re.compile(
    r"\s*(?:(?:is|are|be|being|denotes?|ist|sind|sei|seien|est|sont|soit|soient|sea|sean|es|son|là|—|–|-)\s|"
    r"是|为|為|を|は|が|는|은|이|가)?\s*(?P<what>.*)",
    re.DOTALL | re.IGNORECASE,
)
OF = re.compile(r"\s*(?:(?:of|in|from|von|der|des|aus|du|de|dans|del|của|trong|thuộc)\b|的|中|の|의)", re.IGNORECASE)
"""Behind a name these speak of something else, as in the row j of the matrix W."""
NOUNS = _named(
    row="row[-_]vectors? zeilenvektor(?:en)? vecteurs?[-_]lignes? vector(?:es)?_fila vetor(?:es)?_linha"
    " вектор-строк\\w* véctơ_hàng 行向量 行ベクトル 행_?벡터",
    column="(?:column_)?vectors? (?:Spalten)?vektor(?:en)? vecteurs? vectores вектор\\w* véctơ vectơ"
    " 向量 ベクトル 벡터",
    matrix="(?:square_)?matri(?:x|ces|zen|z) matrices? матриц\\w* ma_trận 矩阵 矩陣 行列 행렬",
    function="(?:\\w+_)?functions? activation funktion(?:en)? fonctions? func(?:ión|iones) функци\\w+"
    " hàm_số 函数 函數 関数 함수",
    number="(?:real_)?numbers?(?!\\s+of) scalars? reals? zahl(?:en)? skalare? réels? nombres? scalaires? números?"
    " escalar(?:es)? числ[ао]\\w* скаляр\\w* số_thực 实数 標量 标量 実数 스칼라 실수",
)
FACTS = _named(
    one_hot="one[-_]?hot 独热 ワンホット",
    nonnegative="non-?negative nichtnegativ\\w* неотрицательн\\w* không_âm 非负 非負",
    nonzero="non-?zero nonvanishing non_nul\\w* ненулев\\w* 非零",
    positive="(?:strictly_)?positive(?!.{0,3}(?:semi|def)) positiv(?:e|en|er)?(?!.{0,3}(?:semi|def)) positif\\w*"
    " positiv[oa]s? положительн\\w* dương 正(?![交定则規])",
    negative="negative(?!.{0,3}(?:semi|def)) negativ(?:e|en|er)? négatif\\w* отрицательн\\w* 负(?!责)",
    symmetric="symmetri(?:c|sche?\\w*) symétrique\\w* simétric\\w* симметричн\\w* đối_xứng 对称 対称",
    orthonormal="orthonormal\\w* orthogonal(?!\\s+to) ortogonal ортогональн\\w* trực_giao 正交 直交",
    bit="(?:either_)?(?:0_or_1|1_or_0|zero_or_one|one_or_zero) (?:entweder_)?0_oder_1 0_ou_1 0_[oó]_1",
    sign=r"(?:either_)?(?:[-−]1_or_\+?1|\+?1_or_[-−]1) (?:entweder_)?[-−]1_oder_\+?1 [-−]1_ou_\+?1 [-−]1_[oó]_\+?1",
    any="arbitrary (?:any|all|every)_real beliebig\\w* quelconques? arbitrari[oa]s? произвольн\\w* 任意 임의",
    invertible="invertible non-?singular invertierbar\\w* inversible\\w* обратим\\w* khả_nghịch 可逆",
)
MORE_SAID = re.compile(
    r"\bone[-_ ]?hot-|\b(?:skew|anti-?symm?[eé]tri|schief|antisim|кососимм)|\bplus (?:grand|petit)"
    r"|\b(?:larger|greater|bigger|smaller|größer|kleiner|mayor|menor|maior|maggiore|minore|больше|меньше)\b"
    r"|\b(?:add|adds|adding|sum|sums) (?:up )?to\b"
    r"|\b(?:summe|somme|somma|suma|soma|сумм\w+)\s+(?:1|eins|⟦)|反対称|反对称|之和为|和为|大于|小于|より(?:大き|小さ)",
    re.IGNORECASE,
)
"""Words that say of some letter in their sentence what is not understood: "larger than a", "adds up to 1"."""
EITHER = re.compile(r"\b(?:or|oder|ou|o|или)\b|或", re.IGNORECASE)
"""Between names of which only one has what is said."""
THIS = re.compile(r"\b(?:this|such an?|diese[rsmn]?|ce|cet(?:te)?|este|esta|esse|essa)\s*\Z", re.IGNORECASE)
"""Words before a letter that mean the one of which the text just speaks."""

TWO_VALUES = re.compile(
    r"\s+(?:(?:has|have|having|with|hat|mit)\s+(?:⟦\d+⟧\s+)?(?:entries|elements|components|einträgen?)\s+"
    r"(?:that|which|die)\s+)?(?:are|is|be|ist|sind|sei(?:en)?|est|sont|es|son)\s+(?:(?:all|each|either|entweder|soit)\s+)*"
    r"⟦(?P<one>\d+)⟧\s+(?:or|oder|ou|o)\s+⟦(?P<other>\d+)⟧",
    re.IGNORECASE,
)
"""Words behind a name that give it, or its entries, one of two values."""

MORE_OF_ENTRIES = re.compile(
    r"\s+(?:has|have|having|with)\s+(?:⟦\d+⟧\s+)?(?:entries|elements|components)\s*,?\s+(?:that|which|each|all|of|whose)\b",
    re.IGNORECASE,
)
MADE_IN_WORDS = re.compile(
    r"(?:is|are|be|ist|sei|est|soit|es|sea)\s+(?:its|their|the|an?|seine?|ihre?|der|die|das|son|sa|leur|le|la|su|el)\s+"
    r"(?:[\w-]+\s+)?(?:largest|smallest|greatest|least|maxim\w+|minim\w+|max|min|mean|averages?|sum|norm|variance|median"
    r"|größte\w*|kleinste\w*|mittelwert|mittel|summe|plus (?:grand|petit)e?|moyenne|somme|mayor|menor|media|suma)\b",
    re.IGNORECASE,
)
"""Words behind a name that make it of others: m is its largest entry."""

ANY_FUNCTION = _words(
    "any arbitrary (?:twice_|continuously_)?differentiable smooth unknown some differenzierbar\\w* dérivable derivable"
    " дифференцируем\\w* khả_vi 可微 可导 任意 微分可能 미분_가능"
)
"""Words with which a function may be any function."""

ALMOST = _words(
    "up_to almost nearly approximately roughly bis_auf fast nahezu presque salvo casi почти gần_như 近似 几乎 ほぼ"
)
"""After these nothing is said for certain."""

ANEW = _words(
    "now any arbitrary (?:in_)?general jetzt nun beliebig\\w* allgemein\\w* maintenant quelconques? ahora cualquier\\w*"
    " теперь любая произвольн\\w* bây_giờ bất_kỳ 现在 任意 今 이제 임의"
)
"""Words with which "let W be" forgets what was said of W."""

FROM_NOW_ON = _words(
    "from_now_on from_here_on henceforth hereafter in_what_follows ab_jetzt von_nun_an im_Folgenden fortan désormais",
    "dorénavant dans_la_suite a_partir_de_ahora en_adelante отныне từ_nay 从现在起 今后 以后 以降 앞으로",
)
"""Words with which "v is the unbiased variance" gives v another meaning."""

LAYOUTS = {
    "columns": re.compile(
        r"denominator[- ]layout|nenner-?layout|分母布局"
        r"|\brows? for (?:each|every) (?:input|(?:component|entry) of the (?:variable|argument|input))"
    ),
    "rows": re.compile(
        r"(?:derivative|gradient)s?\b[^.]{0,60}\b(?:is|are) (?:(?:therefore|thus|always|then) )?(?:a )?rows?\b"
        r"|numerator[- ]layout|zähler-?layout|分子布局"
        r"|\brows? for (?:each|every) (?:output|(?:component|entry) of the (?:function|output|value))"
    ),
}
"""Words for the layout of derivatives: columns by columns have inputs as rows, or numbers by columns are rows."""

ENTRY_OF_DERIVATIVE = re.compile(
    r"\brow\s+\$\s*(?P<row>\w)\s*\$\s+and\s+column\s+\$\s*(?P<column>\w)\s*\$\s+is\s+\$\s*(?:\\[dt]?frac\s*\{\s*)?"
    r"\\partial\s*\w+_\{?(?P<output>\w)\}?\s*(?:/|\}\s*\{)\s*\\partial\s*\w+_\{?(?P<input>\w)\}?",
    re.IGNORECASE,
)
"""A sentence that says which partial derivative stands in a row and a column of a derivative."""

PARTIAL_SUMS = re.compile(
    r"\b(?:sum(?:s|mands?)?|summen?|sommes?|sumas?)\b[^.]{0,80}\b(?:except|excluding|excludes?|leaves? out|leaving out|"
    r"without|omits?|omitting|skips?|different|distinct|unequal|pairs|ohne|außer|verschieden\w*|paare|sauf|sans|"
    r"différents|distincts|paires|salvo|excepto|sin|distint[oa]s|diferentes|pares)\b",
    re.IGNORECASE,
)
"""Words of sums that leave something out which is not written at each of them."""

STACKED_ROWS = re.compile(
    r"row[- ]?major|\bby rows\b|\b(?:holds|stacks?|stacking|concatenat\w+|lists?|writes?) (?:the |its |all )?rows\b|"
    r"\brows\b[^.]{0,40}\b(?:one after another|below each other|stacked|concatenated|flattened)|\breshape|\bflatten|"
    r"zeilenweise|par lignes|por filas|per righe",
    re.IGNORECASE,
)
"""Words of a text that may write the rows of a matrix, not its columns, below each other: vec(A)."""

PENALTIES = re.compile(
    r"\b(?:r[eé]gulari[sz]\w*|regularisierung\w*|regulariza\w+|weight decay|gewichtsabnahme|penal\w+|pénalit\w+)\b",
    re.IGNORECASE,
)
"""Words of a term of a loss that depends on the weights alone."""

OTHER_LAYERS = re.compile(
    r"\b(?:output|last|final|top)\s+layer\b[^.]{0,60}\b(?:linear|identity|softmax|no|not|without|instead|different|other)\b"
    r"|\bexcept\b[^.]{0,40}\b(?:layer|output)|\b(?:linear|softmax)\s+(?:output|last|final|readout)\b",
    re.IGNORECASE,
)
"""Words of a last layer that is made in another way than the others."""

COMPLEX = re.compile(r"\\mathbb\s*\{?\s*C\b|ℂ")
"""The sign of the set of complex numbers."""

UNKNOWN = _words(
    "(?:positive|negative)[-_](?:semi-?)?definite unit(?:ary)? integers? diagonal (?:upper|lower)_triangular",
    "idempotent rank hermitian bounded convex distributions? probability probabilities (?:un)?normali[sz]ed",
    "standardi[sz]ed binary length same equal identical tied shared orthogonal_to independent 正定 整数",
)
"""Facts that claims may need, and that are not assumed."""

_LOGISTIC = r"logistic|sigmoid|sigmoide|sigmoïde|logistische|logistique|logística|сигмоид\w*|シグモイド|시그모이드"
_NORMAL = r"(?:standard|unit)[- ](?:normal|gaussian)"
_DISTRIBUTION = r"(?:cdf|c\.d\.f\.|(?:cumulative )?distribution function|cumulative distribution)"
_DENSITY = r"(?:pdf|p\.d\.f\.|(?:probability )?density)"
_OF_NORMAL = rf"(?: function)? of (?:the|a) {_NORMAL}(?: distribution)?"
USUAL = re.compile(
    r"\s*(?:an?|the|our|its|die|der|la|le|les|el|a|o)?\s*"
    r"(?:(?:usual|logistic|elementwise|entry-?wise|standard(?! normal))\s+)*"
    r"(?:(?:fonction|función|funzione|função)\s+)?"
    rf"(?:(?P<sigmoid>{_LOGISTIC})|(?P<softplus>softplus)|(?P<softmax>softmax)"
    rf"|(?P<normal_cdf>{_NORMAL} {_DISTRIBUTION}|{_DISTRIBUTION}{_OF_NORMAL})"
    rf"|(?P<normal_pdf>{_NORMAL} {_DENSITY}|{_DENSITY}{_OF_NORMAL})|(?P<density>(?<=its ){_DENSITY}))"
    r"(?:[- ]?(?:activation|funktion|function|функция|関数|함수|函数))*(?:\s+and)?\s*\Z",
    re.IGNORECASE,
)
"""All that is said of a name that is one of the usual functions: sigma is the logistic sigmoid function."""
IN_COMMAS = re.compile(r"\s*,\s*((?:an?|the|die|der|la|une|el|una|o|a)\s[^⟦,.;:()]*)[,.;)]", re.IGNORECASE)
"""Words between commas behind a name."""
LABEL_BEFORE = re.compile(
    r"(?:(?:correct|true|right|actual|target|ground[- ]truth) class|(?:the|with|a|its|correct|true) label"
    r"|vraie classe|étiquette|wahren? Klasse|richtigen? Klasse|clase correcta|etiqueta|верн\w+ класс\w*)\s*\Z",
    re.IGNORECASE,
)
"""Words before a letter that is the label of an example."""
LAST_ARTICLE = re.compile(r"\b(?:the|an?|die|der|la|une|el|una)\s(?:(?!\b(?:the|an?)\s)[^⟦,.;:()])*\Z", re.IGNORECASE)
"""The last article before a name, and what follows it."""

BASES = re.compile(
    r"\blog\w* (?:to|with|in|of|en|de|à|a|na|di|zur) (?:the )?bas[eis]+\b|\bbase[- ](?:2|10|two|ten|dos|deux|due)\b|"
    r"\bbinary logarithm|zur basis|основани|底",
    re.IGNORECASE,
)
"""Words of logarithms that are not natural."""

LAST_NOUN = re.compile(rf"(?:{NOUNS.pattern})\s*\Z", re.IGNORECASE)
NEAR = re.compile(
    rf"(?:[\w-]+\s+){{0,3}}(?:{NOUNS.pattern}|{FACTS.pattern})"
    r"(?:\s+(?:targets?|labels?|inputs?|outputs?|weights?|parameters?|constants?|variables?|encodings?))?\s*\Z",
    re.IGNORECASE,
)
"""Words before a name that say what it is: a one-hot target y."""
DEFINITE = re.compile(
    rf"\b(?:for|für|pour|para|per)\s+(?:the|das|den|die|le|la|el|il)\s+(?:{FACTS.pattern})[^⟦]*\Z", re.IGNORECASE
)
"""Words before a name that are no condition: the vector predicted for the one-hot target y."""
PREPOSITION = re.compile(r"\b(?:depends?|depending|on|by|of|from|to|hängt|dépend|depende)\b", re.IGNORECASE)
ENDED = re.compile(r"for (?:an?|the|this|our)\b[^⟦,.;:]*\band\s*", re.IGNORECASE)
VERB = re.compile(r"\s*(?:is|are|denotes?|represents?)\s+(?:an?|the|our)\b", re.IGNORECASE)
OF_SOME = re.compile(
    r"\b(?P<some>odd|even|prime|ungerade[sn]?|gerade[sn]?|impairs?|impares|impar)\s+⟦\d+⟧"
    r"|⟦\d+⟧\s+(?:is |are |ist |est |es )?(?P<other>odd|even|prime|ungerade|gerade|impairs?|impar)\b"
    r"|⟦\d+⟧\s+(?:est|sont|es|son) (?P<paired>pairs?|par|pares)\b",  # not the English word for two
    re.IGNORECASE,
)
"""Words for which indices a formula holds."""
_LAYERS = r"layers?|blocks?|couches?|schicht|capas?|lagen?|strat[oi]|слой|слоя|слое"
LAYER_BEFORE = re.compile(rf"(?:{_LAYERS})\s+\Z", re.IGNORECASE)
"""Before a letter that counts layers: "in layer k"."""
COUNTED = re.compile(rf"\b(?:{_LAYERS}|neurons?|units?|nodes?|steps?|time|neurones?|neuronas?)\s*\Z", re.IGNORECASE)
"""Before a letter that counts things: in "the error of layer l is a vector", the verb does not speak of l."""
PART_OF = re.compile(
    r"\b(?:rows?|columns?|entr(?:y|ies)|elements?|components?|coordinates?|blocks?) (?:of|in)\s+\Z", re.IGNORECASE
)
"""Before a letter of which only a part is meant: in "let p be a row of P, a vector", the words do not speak of P."""
TOPIC = re.compile(r"for (?:an?|each|every|any|one|the|all)\b", re.IGNORECASE)
APPOSED = re.compile(
    r",\s*(?:the|an?)\s+one[-_ ]?hot[^⟦,.;:]*?(?:\s+(?:of|for)\s+[^⟦,.;:]*⟦\d+⟧)?\s*[,.;]", re.IGNORECASE
)
ONE_HOT_AT = re.compile(
    r"[^⟦,;:.]*\bone[-_ ]?hot\b[^⟦,;:.]*\b(?:at|of|for|encodes|encoding|class|label|index|position|entry)\s*⟦(\d+)⟧"
    r"|\s+(?:has|with)\s+an?\s+(?:one|1)\s+(?:at|in)\s+(?:(?:the\s+)?(?:place|position|index|entry|class)\s+)?⟦(\d+)⟧"
    r"\s*,?\s+and\s+(?:zeros?|0)\s+(?:elsewhere|everywhere else|otherwise)",
    re.IGNORECASE,
)
"""Words behind a name that say which of its entries is 1: "y is one-hot at c"."""
EACH = re.compile(r"\b(?:for|all|each|every|given|with|by|of|from|to|in)\s*\Z", re.IGNORECASE)
_AXIS, _WHOLE = r"(?P<axis>row|column)", r"(?:the\s+)?(?:[\w-]+\s+){0,3}⟦(?P<whole>\d+)⟧"
MEMBER = (
    re.compile(
        r"⟦(?P<member>\d+)⟧\s+(?:(?:is|be|as|denotes?|represents?)\s+)?the\s+⟦(?P<number>\d+)⟧"
        rf"(?:\s*[-'’]*\s*(?:th|st|nd|rd))?[\s-]+{_AXIS}(?:\s+vector)?\s+(?:of|in)\s+{_WHOLE}",
        re.IGNORECASE,
    ),
    re.compile(rf"⟦(?P<member>\d+)⟧\s+(?:are|be|denote)\s+the\s+{_AXIS}s\s+of\s+{_WHOLE}", re.IGNORECASE),
    re.compile(
        rf"\bthe\s+{_AXIS}s\s+of\s+{_WHOLE}\s+are\s+(?:the\s+)?(?:(?:vectors|examples|inputs|samples)\s+)?⟦(?P<member>\d+)⟧",
        re.IGNORECASE,
    ),
    re.compile(  # X has the rows x_1^T, ..., x_n^T; X is the matrix with columns x_i
        r"⟦(?P<whole>\d+)⟧[\s,]+(?:(?:is|be|denote|ist|sei|est|soit|la|le|die|eine?|une?|una|the|a)\s+)*(?:matri\w+\s+)?"
        r"(?:has|have|hat|with|mit|avec|a|con|tiene|whose|deren|dont|cuyas)\s+(?:(?:the|as|its|den|die|les|las)\s+)*"
        r"(?P<axis>row|column|zeile|spalte|ligne|colonne|fila|columna)[sn]?\s+"
        r"(?:(?:are|is|sind|ist|sont|son|the|vectors|vectores)\s+)*⟦(?P<member>\d+)⟧",
        re.IGNORECASE,
    ),
)
"""The words that say of which matrix vectors are the rows or the columns: x_i is the i-th row of X."""
