"""Numerical check of every displayed claim in false/*.md and true/*.md.

For each text a function draws random values that satisfy what the text says
and returns one (left, right) pair per display, in order.  FALSE gives the
0-based display that must fail at some draw; all others must hold at all draws.
Derivatives are complex-step, so they are exact to rounding.
"""
import os, re, sys
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
H = 1e-30
CHECKS, FALSE = {}, {}


def text(name, false=None):
    def deco(f):
        assert name not in CHECKS
        CHECKS[name] = f
        if false is not None:
            FALSE[name] = false
        return f
    return deco


def grad(f, x):
    x = np.asarray(x, float)
    g = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        z = x.astype(complex)
        z[i] += 1j * H
        g[i] = np.imag(f(z)) / H
    return g


def quad(M):
    return lambda x: x @ M @ x


def sq(v):
    return np.sum(v * v)


def softmax(z):
    e = np.exp(z - np.max(np.real(z)))
    return e / np.sum(e)


def ce(t):
    return lambda z: -np.sum(t * np.log(softmax(z)))


class Draw:
    def __init__(self, seed):
        self.r = np.random.default_rng(seed)
        self.n = int(self.r.integers(2, 6))

    def vec(self, n): return self.r.normal(size=n) * 2
    def mat(self, n, m): return self.r.normal(size=(n, m))
    def real(self): return float(self.r.normal() * 2)          # nonzero a.s.
    def pos(self): return float(self.r.exponential() + 0.05)
    def posv(self, n): return self.r.exponential(size=n) + 0.05
    def dist(self, n): p = self.posv(n); return p / p.sum()
    def onehot(self, n): return np.eye(n)[self.r.integers(n)]
    def sym(self, n): M = self.mat(n, n); return M + M.T
    def ortho(self, n, k): return np.linalg.qr(self.mat(n, k))[0]   # orthonormal columns
    def size(self, lo, hi): return int(self.r.integers(lo, hi))


I = np.eye
log, sqrt, absv = np.log, np.sqrt, np.abs


# ------------------------------------------------------------------ false/

@text("false/001-weight.md", 2)
def _(d):
    x, w = d.real(), d.pos()
    return [(log(w**2), 2*log(w)), (abs(w*x), w*abs(x)), (sqrt((w*x)**2), w*x)]

@text("false/002-symmetric-part.md", 2)
def _(d):
    A, x = d.mat(d.n, d.n), d.vec(d.n); S = (A + A.T)/2
    return [(x@A@x, x@S@x), (S.T, S), (grad(quad(A), x), 2*A@x)]

@text("false/003-positive-mean.md", 2)
def _(d):
    x = d.vec(d.n)
    while x.mean() <= 0: x = d.vec(d.n)
    m = x.mean()
    return [(x.sum(), d.n*m), (abs(m), m), (absv(x).sum(), x.sum())]

@text("false/004-orthonormal-rows.md", 2)
def _(d):
    m = d.size(1, d.n); Q = d.ortho(d.n, m).T; z = d.vec(m)
    return [(Q@Q.T, I(m)), (sq(Q.T@z), sq(z)), (Q.T@Q, I(d.n))]

@text("false/005-all-but-last.md", 2)
def _(d):
    x = d.posv(d.n); x[-1] = d.real()
    return [(absv(x[:-1]).sum(), x[:-1].sum()), (sqrt(x[0]**2), x[0]), (absv(x).sum(), x.sum())]

@text("false/006-were-positive.md", 2)
def _(d):
    x = d.real()
    return [(log(x**2), 2*log(abs(x))), (abs(x)**2, x**2), (sqrt(x**2), x)]

@text("false/007-unlike.md", 2)
def _(d):
    A, B, x = d.mat(d.n, d.n), d.sym(d.n), d.vec(d.n)
    return [((A+B).T, A.T+B), (grad(quad(B), x), 2*B@x), (grad(quad(A), x), 2*A@x)]

@text("false/008-sum-with-positive.md", 2)
def _(d):
    v = d.pos(); s = d.pos(); u = s - v          # any real u with u + v = s > 0
    return [(abs(v), v), (abs(u+v), u+v), (abs(u), u)]

@text("false/009-one-of-two.md", 2)
def _(d):
    A, B = d.sym(d.n), d.mat(d.n, d.n)
    if d.r.random() < 0.5: A, B = B, A
    return [((A@B).T, B.T@A.T), ((A-A.T)@(B-B.T), np.zeros((d.n, d.n))), ((A+B).T, A+B)]

@text("false/010-cases.md", 2)
def _(d):
    a, p, q = d.real(), d.pos(), -d.pos()
    return [(abs(p), p), (abs(q), -q), (sqrt(a**2), a)]

@text("false/011-sections.md", 2)
def _(d):
    S, A, x, b = d.sym(d.n), d.mat(d.n, d.n), d.vec(d.n), d.vec(d.n)
    return [(grad(quad(S), x), 2*S@x), (grad(quad(A), x), (A+A.T)@x),
            (grad(lambda t: t@A@t + b@t, x), 2*A@x + b)]

@text("false/012-sequence.md", 2)
def _(d):
    a, b = d.posv(7), d.vec(7)
    return [(sqrt(a**2), a), (absv(a*b), a*absv(b)), (sqrt(a**2*b**2), a*b)]

@text("false/013-positive-example.md", 2)
def _(d):
    k = d.size(2, 6); y, x = d.onehot(k), d.vec(d.n)
    return [(y**2, y), (y.sum(), 1), (absv(x).sum(), x.sum())]

@text("false/014-predicted.md", 2)
def _(d):
    z = d.vec(d.n); p = softmax(z); t = d.onehot(d.n)
    return [(p.sum(), 1), (t**2, t), (p**2, p)]

@text("false/015-maps-positive.md", 2)
def _(d):
    x = d.real(); f = lambda s: -s
    return [(f(f(x)), x), (abs(f(x)), abs(x)), (abs(f(x)), x)]

@text("false/016-symmetric-loss.md", 2)
def _(d):
    u, v = d.vec(d.n), d.vec(d.n); L = lambda u, v: sq(u-v)/2
    A, x, b = d.mat(d.n, d.n), d.vec(d.n), d.vec(d.n)
    return [(L(u, v), L(v, u)), (grad(lambda M: L(M@x, b), A), np.outer(A@x-b, x)),
            (grad(lambda s: L(A@s, b), x), A@(A@x-b))]

@text("false/017-enumeration.md", 2)
def _(d):
    A, B, C = d.mat(d.n, d.n), d.mat(d.n, d.n), d.sym(d.n)
    return [(C.T, C), ((A@C).T, C@A.T), ((A@B).T, B@A)]

@text("false/018-counts.md", 2)
def _(d):
    k = d.n; t = d.r.integers(1, 9, size=k).astype(float); z = d.vec(k); q = softmax(z)
    g = grad(ce(t), z)
    return [(q.sum(), 1), (g, q*t.sum() - t), (g, q - t)]

@text("false/019-letzter-eintrag.md", 2)
def _(d):
    x = d.vec(d.n); x[-1] = d.pos()
    return [(abs(x[-1]), x[-1]), (np.linalg.norm(x, 1), absv(x).sum()), (np.linalg.norm(x, 1), x.sum())]

@text("false/020-gram-matrix.md", 2)
def _(d):
    M, x = d.mat(d.n, d.n), d.vec(d.n); G = M@M.T
    return [(G.T, G), (grad(quad(G), x), 2*G@x), (grad(quad(M), x), 2*M@x)]

@text("false/021-vorhersage.md", 2)
def _(d):
    z = d.vec(d.n); s = lambda v: 1/(1+np.exp(-v)); p = s(z); t = d.onehot(d.n)
    dp = np.array([grad(s, z[i]) for i in range(d.n)])
    return [(t.sum(), 1), (dp, p*(1-p)), (p.sum(), 1)]

@text("false/022-comparaison.md", 2)
def _(d):
    a, b = d.real(), d.pos()
    while b <= a: a, b = d.real(), d.pos()
    return [(max(a, b), b), (abs(b), b), (max(a, 0), a)]

@text("false/023-colonnes.md", 2)
def _(d):
    r = d.size(1, d.n); U = d.ortho(d.n, r); V = d.mat(r, d.size(1, 5)); A = U@V
    return [(U.T@U, I(r)), (A.T@A, V.T@V), (U@U.T, I(d.n))]

@text("false/024-potencia.md", 2)
def _(d):
    k = d.size(2, 6); y, x, W = d.onehot(k), d.vec(d.n), d.mat(k, d.n); q = softmax(W@x)
    return [(y.sum(), 1), (grad(ce(y), W@x), q-y), (grad(lambda M: ce(y)(M@x), W), np.outer(q-y, x**2))]

@text("false/025-partes.md", 2)
def _(d):
    A = d.mat(d.n, d.n); S, K = (A+A.T)/2, (A-A.T)/2
    return [(S.T, S), (K.T, -K), (A.T, S+K)]

@text("false/026-deslocamento.md", 2)
def _(d):
    c = d.pos(); x = d.pos() - c
    return [(abs(x+c), x+c), (log((x+c)**2), 2*log(x+c)), (sqrt(x**2), x)]

@text("false/027-somma-uno.md", 2)
def _(d):
    p, u = d.dist(d.n), d.vec(d.n)
    return [(p.sum(), 1), (absv(p).sum(), 1), (absv(u).sum(), u.sum())]

@text("false/028-pogreshnost.md", 2)
def _(d):
    x, e = d.real(), d.pos()
    return [(log(e**2), 2*log(e)), (abs(e*x), e*abs(x)), (sqrt(e**2*x**2), e*x)]

@text("false/029-mnozhitel.md", 2)
def _(d):
    A, S = d.mat(d.n, d.n), d.sym(d.n)
    return [(S.T, S), ((A@S@A.T).T, A@S@A.T), ((A@S).T, S@A)]

@text("false/030-feiling.md", 2)
def _(d):
    x = d.real()
    return [(log(x**2), 2*log(abs(x))), (abs(x**2), x**2), (log(x**2), 2*np.log(complex(x)))]

@text("false/031-biaoqian.md", 2)
def _(d):
    x, y = d.vec(d.n), d.onehot(d.n)
    return [(y**2, y), (y.sum(), 1), ((x**2*y).sum(), (x*y).sum())]

@text("false/032-taishou.md", 2)
def _(d):
    A, B, x = d.mat(d.n, d.n), d.sym(d.n), d.vec(d.n)
    return [(grad(quad(B), x), 2*B@x), (grad(quad(A), x), (A+A.T)@x), (grad(quad(A+B), x), 2*(A+B)@x)]


# ------------------------------------------------------------------- true/

@text("true/033-positive-with-weight.md")
def _(d):
    x, w = d.pos(), d.real()
    return [(log(x**2), 2*log(x)), (abs(w*x), abs(w)*x), (sqrt(w**2*x**2), abs(w)*x)]

@text("true/034-unlike.md")
def _(d):
    A, B, x = d.sym(d.n), d.mat(d.n, d.n), d.vec(d.n)
    return [((A@B).T, B.T@A), (grad(quad(A), x), 2*A@x), (grad(quad(B), x), (B+B.T)@x)]

@text("true/035-all-but-last.md")
def _(d):
    x = d.posv(d.n); x[-1] = -d.pos()
    return [(abs(x[-1]), -x[-1]), (absv(x[:-1]).sum(), x[:-1].sum()), (absv(x).sum(), x[:-1].sum() - x[-1])]

@text("true/036-quadratic-model.md")
def _(d):
    m = d.size(1, 6); W, b, A, x = d.mat(m, d.n), d.vec(m), d.sym(d.n), d.vec(d.n)
    return [(grad(lambda s: s@A@s/2 - b@W@s, x), A@x - W.T@b), (sq(A@x), x@A@A@x)]

@text("true/037-label-of-example.md")
def _(d):
    y, z = d.onehot(d.n), d.vec(d.n)
    return [(y.sum(), 1), (grad(ce(y), z), softmax(z)-y), (y**2, y)]

@text("true/038-predicted-distribution.md")
def _(d):
    t, p, c = d.vec(d.n), d.dist(d.n), d.real()
    return [(p.sum(), 1), (absv(p).sum(), 1), (log(p**2).sum(), 2*log(p).sum()), ((p*(t+c)).sum(), (p*t).sum()+c)]

@text("true/039-enumeration.md")
def _(d):
    A, B, C, x = d.mat(d.n, d.n), d.mat(d.n, d.n), d.sym(d.n), d.vec(d.n)
    return [((A@B@C).T, C@B.T@A.T), ((A@C@A.T).T, A@C@A.T), (grad(quad(C), x), 2*C@x)]

@text("true/040-transpose-rows.md")
def _(d):
    k = d.size(1, d.n+1); Q = d.ortho(d.n, k); z = d.vec(k); P = Q@Q.T
    return [(Q.T@Q, I(k)), (sq(Q@z), sq(z)), (P@P, P)]

@text("true/041-sequence.md")
def _(d):
    a, b = d.posv(7), d.vec(7)
    return [(log(a**2), 2*log(a)), (absv(a*b), a*absv(b)), (sqrt(a**2*b**2), a*absv(b))]

@text("true/042-cases.md")
def _(d):
    p, q, a = d.pos(), -d.pos(), d.real()
    return [(abs(p), p), (max(p, 0), p), (abs(q), -q), (max(q, 0), 0), (sqrt(a**2), abs(a))]

@text("true/043-product-with-positive.md")
def _(d):
    v = d.pos(); u = d.real()
    while u*v <= 0: u = d.real()
    return [(abs(v), v), (abs(u*v), u*v), (sqrt(u**2*v**2), u*v)]

@text("true/044-both.md")
def _(d):
    A, B, M, x = d.sym(d.n), d.sym(d.n), d.mat(d.n, d.n), d.vec(d.n)
    return [((A@B).T, B@A), ((A@M@B).T, B@M.T@A), (grad(quad(A+B), x), 2*(A+B)@x)]

@text("true/045-exponential.md")
def _(d):
    x = d.real(); e = np.exp(x)
    return [(abs(e), e), (log(e**2), 2*x), (sqrt(x**2), abs(x))]

@text("true/046-decomposition.md")
def _(d):
    S, M, x = d.sym(d.n), d.mat(d.n, d.n), d.vec(d.n); K = M - M.T; A = S + K
    return [(A.T, S-K), (x@K@x, 0), (grad(quad(A), x), 2*S@x)]

@text("true/047-soft-label.md")
def _(d):
    t, z = d.dist(d.n), d.vec(d.n)
    if d.r.random() < 0.5: t[0] = 0; t = t/t.sum()
    return [(grad(ce(t), z), softmax(z)-t), ((softmax(z)-t).sum(), 0)]

@text("true/048-maps-positive.md")
def _(d):
    x = d.pos(); f = lambda s: -1/s
    return [(abs(f(x)), -f(x)), (abs(f(x)), 1/x), (sqrt(x**2), x)]

@text("true/049-gewicht.md")
def _(d):
    x, w = d.real(), d.pos()
    return [(log(w**2), 2*log(w)), (abs(w*x), w*abs(x)), (sqrt((w*x)**2), w*abs(x))]

@text("true/050-spalten.md")
def _(d):
    m = d.n + d.size(1, 4); A = d.ortho(m, d.n); x, b = d.vec(d.n), d.vec(m)
    return [(A.T@A, I(d.n)), (sq(A@x), sq(x)), (grad(lambda s: sq(A@s-b), x), 2*x - 2*A.T@b)]

@text("true/051-etiquette.md")
def _(d):
    x, y = d.vec(d.n), d.onehot(d.n)
    return [(y.sum(), 1), ((x*y**2).sum(), (x*y).sum()), ((x**2*y).sum(), (x*y).sum()**2)]

@text("true/052-la-premiere.md")
def _(d):
    A, B, x = d.sym(d.n), d.mat(d.n, d.n), d.vec(d.n)
    return [(A.T, A), ((A@B).T, B.T@A), (grad(lambda s: s@A@s/2, x), A@x)]

@text("true/053-salvo-la-primera.md")
def _(d):
    x = d.posv(d.n); x[0] = 0
    return [(absv(x).sum(), x.sum()), (x.sum(), x[1:].sum())]

@text("true/054-ambos.md")
def _(d):
    a, b, c = d.pos(), d.pos(), -d.pos()
    return [(sqrt(a**2*b**2), a*b), (log(a**2*b**2), 2*log(a)+2*log(b)), (abs(a*c), -a*c), (sqrt(c**2), -c)]

@text("true/055-rotulo.md")
def _(d):
    y, z = d.onehot(d.n), d.vec(d.n)
    return [(y.sum(), 1), (grad(ce(y), z), softmax(z)-y), ((y**2).sum(), 1)]

@text("true/056-simmetrica-b.md")
def _(d):
    A, B, x = d.mat(d.n, d.n), d.sym(d.n), d.vec(d.n)
    return [(grad(quad(B), x), 2*B@x), (grad(quad(A), x), (A+A.T)@x), ((A@B).T, B@A.T)]

@text("true/057-media-pesata.md")
def _(d):
    p, v = d.dist(d.n), d.vec(d.n); c = (p*v).sum()
    return [(absv(p).sum(), 1), ((p*(v-c)).sum(), 0), ((p*(v-c)**2).sum(), (p*v**2).sum() - c**2)]

@text("true/058-stroki.md")
def _(d):
    m = d.size(1, d.n); Q = d.ortho(d.n, m).T; z = d.vec(m); P = Q.T@Q
    return [(Q@Q.T, I(m)), (sq(Q.T@z), sq(z)), (P@P, P)]

@text("true/059-zhengfu.md")
def _(d):
    x, y = d.pos(), -d.pos()
    return [(abs(x), x), (abs(y), -y), (abs(x*y), -x*y), (log(x**2), 2*log(x))]

@text("true/060-taishou.md")
def _(d):
    A, B, x = d.sym(d.n), d.mat(d.n, d.n), d.vec(d.n)
    return [(A.T, A), ((A@B@A).T, A@B.T@A), (grad(quad(A), x), 2*A@x)]


# The counterexample named in oracle.csv for each false text, put in by hand:
# (left, right) of the false display at exactly those values.  They must differ.
N = np.array([[0., 1.], [0., 0.]]); one = np.ones(2)
Ub = np.array([[1.], [0.]])
CE = {
    1: (sqrt(1.), -1), 2: (grad(quad(N), one), 2*N@one), 3: (4, 2), 4: (Ub@Ub.T, I(2)), 5: (2, 0),
    6: (sqrt(4.), -2), 7: (grad(quad(N), one), 2*N@one), 8: (abs(-1), -1), 9: ((N+I(2)).T, N+I(2)),
    10: (sqrt(1.), -1), 11: (grad(quad(N), one), 2*N@one), 12: (1, -1), 13: (2, 0),
    14: (softmax(np.zeros(2))**2, softmax(np.zeros(2))), 15: (1, -1),
    16: (grad(lambda s: sq(N@s)/2, np.array([0., 1.])), N@N@np.array([0., 1.])),
    17: (N.T, N), 18: (grad(ce(np.array([2., 1.])), np.zeros(2)), np.array([.5, .5]) - np.array([2., 1.])),
    19: (2, 0), 20: (grad(quad(N), one), 2*N@one), 21: (1.5, 1), 22: (max(-1, 0), -1), 23: (Ub@Ub.T, I(2)),
    24: (grad(lambda M: ce(np.array([1., 0.]))(M@np.array([2.])), np.zeros((2, 1))), np.array([[-2.], [2.]])),
    25: ((N-N.T).T, N-N.T), 26: (sqrt(1.), -1), 27: (2, 0), 28: (1, -1), 29: (N.T, N),
    30: (0., 2*np.log(complex(-1))), 31: (4, 2), 32: (grad(quad(N), one), 2*N@one),
}


def differ(l, r):
    l, r = np.asarray(l), np.asarray(r)
    if l.shape != r.shape and l.shape and r.shape:
        sys.exit("shape mismatch %s %s" % (l.shape, r.shape))
    return float(np.max(np.abs(l - r))) / max(1.0, float(np.max(np.abs(l))), float(np.max(np.abs(r))))


def main():
    bad = []
    found = sorted(d + "/" + f for d in ("false", "true") for f in os.listdir(os.path.join(HERE, d)))
    if found != sorted(CHECKS):
        bad.append("files and checks differ: %s" % sorted(set(found) ^ set(CHECKS)))
    claims = 0
    for k, name in enumerate(sorted(CHECKS)):
        if not os.path.exists(os.path.join(HERE, name)):
            continue
        with open(os.path.join(HERE, name), encoding="utf-8") as fh:
            lines = fh.read().split("\n")
        disp = [l for l in lines if l.startswith("$$ ")]
        if any("$$" in l and not re.fullmatch(r"\$\$ [^$]+ \$\$", l) for l in lines):
            bad.append(name + ": a display is not alone on its line")
        if (name in FALSE) != name.startswith("false/"):
            bad.append(name + ": wrong folder")
        worst = None
        for draw in range(40):
            pairs = CHECKS[name](Draw([k, draw]))
            if len(pairs) != len(disp):
                bad.append("%s: %d displays, %d checks" % (name, len(disp), len(pairs)))
                break
            e = np.array([differ(l, r) for l, r in pairs])
            worst = e if worst is None else np.maximum(worst, e)
        if worst is None:
            continue
        claims += len(worst)
        for i, w in enumerate(worst):
            if i == FALSE.get(name):
                if not w > 1e-3:
                    bad.append("%s: display %d should be false but held (%g)" % (name, i + 1, w))
            elif not w <= 1e-9:
                bad.append("%s: display %d should be true, off by %g: %s" % (name, i + 1, w, disp[i]))
    for name in FALSE:
        num = int(name.split("/")[1][:3])
        if num not in CE or not differ(*CE[num]) > 1e-3:
            bad.append("%s: the named counterexample does not refute the claim" % name)
    if bad:
        print("\n".join(bad))
        sys.exit(1)
    print("ok: %d texts, %d claims, %d of them false" % (len(CHECKS), claims, len(FALSE)))


if __name__ == "__main__":
    main()
