import csv,sys,os,re
os.environ['OMP_NUM_THREADS']='1'
import torch
torch.set_num_threads(1); torch.set_default_dtype(torch.float64)
T=torch; R=os.path.dirname(os.path.abspath(__file__))+'/'
def rn(*s): return T.randn(s)
def G(f,*xs):
    xs=[x.detach().clone().requires_grad_(True) for x in xs]
    g=T.autograd.grad(f(*xs),xs,allow_unused=True)
    g=[T.zeros_like(x) if a is None else a for a,x in zip(g,xs)]
    return g[0] if len(g)==1 else g
def J(f,x): return T.autograd.functional.jacobian(f,x)
def H(f,x): return T.autograd.functional.hessian(f,x)
def oh(y,K): return T.eye(K)[y]
def sm(z,d=-1): return T.softmax(z,d)
sg=T.sigmoid; relu=T.relu; out=T.outer
# every claim: (substring identifying the line, lhs, rhs)
def d001():
    n,d,K=5,3,4; X,W=rn(n,d),rn(d,K); y=T.randint(K,(n,)); S=X@W; ar=T.arange(n)
    Ls=lambda S:-T.log_softmax(S,1)[ar,y].mean(); P=sm(S); Y=oh(y,K); g=G(Ls,S); gW=G(lambda W:Ls(X@W),W)
    j=J(lambda s:sm(s),S[0])
    return [(r'p_{ik} = \frac{e',S.exp()/S.exp().sum(1,keepdim=True),P),(r'L = -\frac{1}{n}\sum',-(P[ar,y].log()).mean(),Ls(S)),
     (r'\Bigl(\log\sum',Ls(S),(S.exp().sum(1).log()-S[ar,y]).mean()),
     (r'\frac{\partial p_{ij}}',j,P[0][:,None]*(T.eye(K)-P[0][None])),(r'[k = y_i]',g,(P-Y)/n),(r'k \neq y_i',g[Y==0],P[Y==0]/n),
     (r'\nabla_W L',gW,X.T@(P-Y)/n),(r'\nabla_W L',-gW,X.T@(Y-P)/n)]
def d002():
    K,d=6,4; W,x=rn(K,d),rn(d); y=int(T.randint(K,(1,))); o=T.ones(K); o[y]=0; s=W@x
    L=lambda s:(o*relu(s-s[y]+1)).sum(); g=G(L,s); m=((s-s[y]+1)>0).double(); gW=G(lambda W:L(W@x),W)
    q=o.bool(); Q=lambda s:(o*relu(s-s[y]+1)**2).sum()
    return [(r'$$L = ',L(s),sum(max(0,float(s[j]-s[y]+1)) for j in range(K) if j!=y)),(r'= m_j \qquad',g[q],m[q]),(r'= -\sum_{j\neq y} m_j$$',g[y],-(m*o).sum()),(r'1 - \sum_{j} m_j',g[y],1-m.sum()),
     (r'\nabla_{w_y} L',gW[y],-(m*o).sum()*x),(r'\nabla_{w_y} L',gW[q],out(m,x)[q]),(r'= L + 1',relu(s-s[y]+1).sum(),L(s)+1),
     (r'\frac{\partial Q}',G(Q,s)[y],-2*(o*relu(s-s[y]+1)).sum())]
def d003():
    n,d,m=4,3,5; Q,K,V,Ob=rn(n,d),rn(n,d),rn(n,m),rn(n,m); S=Q@K.T/d**.5; A=sm(S); O=A@V
    gQ,gK,gV=G(lambda Q,K,V:(sm(Q@K.T/d**.5)@V*Ob).sum(),Q,K,V); gA=G(lambda A:(A@V*Ob).sum(),A); gS=G(lambda S:(sm(S)@V*Ob).sum(),S)
    r=(A*gA).sum(1)
    return [('S = \\frac',A.sum(1),T.ones(n)),('\\bar V = ',gV,A.T@Ob),('\\bar V = ',gA,Ob@V.T),('\\bar S = A',gS,A*(gA-r[:,None])),('r_i = ',r,(O*Ob).sum(1)),
     ('\\bar Q =',gQ,gS@K/d**.5),('\\bar Q =',gK,gS.T@Q/d**.5),('\\bar S\\, \\mathbf',gS.sum(1),T.zeros(n))]
def d004():
    d,n,K=3,5,4; W,Hh,b=rn(K,d),rn(d,n),rn(K); y=T.randint(K,(n,)); ar=T.arange(n); Y=oh(y,K).T
    Ls=lambda Z:-T.log_softmax(Z,0)[y,ar].mean(); Z=W@Hh+b[:,None]; P=sm(Z,0); gZ=G(Ls,Z)
    gW,gH,gb=G(lambda W,h,b:Ls(W@h+b[:,None]),W,Hh,b); C=rn(K,n); f=lambda P:(T.sin(P)*C).sum()+(P@P.T).sum()**2; g=G(f,P)
    return [('Z = W H',P.exp(),sm(Z,0).exp()),('\\quad\\text{for every } j',P.sum(0),T.ones(n)),('\\log P_{y_j, j}',-P[y,ar].log().mean(),Ls(Z)),('\\frac{\\partial L}{\\partial Z}',gZ,(P-Y)/n),
     ('\\nabla_W L',gW,(P-Y)@Hh.T/n),('\\nabla_W L',gb,(P-Y).sum(1)/n),('\\nabla_H',gH,W.T@(P-Y)/n),('\\frac{\\partial f}',G(lambda Z:f(sm(Z,0)),Z),P*(g-(P*g).sum(0)[None]))]
def d005():
    N,d=5,3; u,v,t=rn(N,d),rn(N,d),T.tensor(.7); I=T.eye(N); s=u@v.T/t; p=sm(s,1); q=sm(s,0)
    l1=lambda s:-T.log_softmax(s,1).diag().mean(); l2=lambda s:-T.log_softmax(s,0).diag().mean()
    gu,gv,gt=G(lambda u,v,t:l1(u@v.T/t),u,v,t)
    return [('s_{ij} = ',s[1,2],u[1]@v[2]/t),('q_{ij} = ',p,s.exp()/s.exp().sum(1,keepdim=True)),('q_{ij} = ',q,s.exp()/s.exp().sum(0,keepdim=True)),
     ('\\frac{\\partial L_1}{\\partial s_{ij}}',G(l1,s),(p-I)/N),('\\partial u_i',gu,(p@v-v)/(N*t)),('\\partial v_j',gv,(p.T@u-u)/(N*t)),
     ('p_{ij} + q_{ij}',G(lambda s:(l1(s)+l2(s))/2,s),(p+q-2*I)/(2*N)),('\\partial \\tau',gt,-((p-I)*s).sum()/(N*t))]
def d006():
    r=[]; ga=2.3
    for y in (0.,1.):
        z=rn(); p=sg(z); b=lambda z:-y*sg(z).log()-(1-y)*(1-sg(z)).log(); pt=lambda z: sg(z) if y else 1-sg(z)
        F=lambda q:-(1-q)**ga*q.log(); g=G(lambda z:F(pt(z)),z); q=pt(z); t=2*y-1
        r+=[('\\mathrm{BCE} = -',b(z),T.nn.functional.binary_cross_entropy_with_logits(z,T.tensor(y))),('= p - y$$',G(b,z),p-y),('2(p-y)',G(lambda z:(sg(z)-y)**2,z),2*(p-y)*p*(1-p)),
          ('\\mathrm{FL} = -',F(q),F(sg(t*z))),('{dp_t}',G(F,q),ga*(1-q)**(ga-1)*q.log()-(1-q)**ga/q),('= t\\,(1-p_t)',g,t*(1-q)**ga*(ga*q*q.log()+q-1))]
        r+=[('(\\gamma\\, p\\log p + p - 1)',g,(1-p)**ga*(ga*p*p.log()+p-1))] if y else [('p^\\gamma\\,\\bigl',g,p**ga*(p-ga*(1-p)*(1-p).log()))]
    return r
def d007():
    K,d=5,3; e=T.tensor(.2); W,h,b=rn(K,d),rn(d),rn(K); z=W@h+b; y=int(T.randint(K,(1,))); Q=lambda e:(1-e)*oh(y,K)+e/K; q=Q(e); p=sm(z); lp=p.log()
    L=lambda z:-(q*T.log_softmax(z,0)).sum(); g=G(L,z); mk=oh(y,K)==0; gW,gh,gb=G(lambda W,h,b:L(W@h+b),W,h,b)
    return [('q_k = (1',q.sum(),T.tensor(1.)),('L = -\\sum',L(z),-(q*lp).sum()),('L = \\log',L(z),z.exp().sum().log()-(1-e)*z[y]-e/K*z.sum()),('= p_k - q_k',g,p-q),('= p_k - \\frac',g[mk],p[mk]-e/K),
     ('\\partial^2',H(L,z),T.diag(p)-out(p,p)),('\\partial \\varepsilon',G(lambda e:-(Q(e)*lp).sum(),e),lp[y]-lp.sum()/K),('\\nabla_W',gW,out(p-q,h)),('\\nabla_W',gh,W.T@(p-q)),('\\nabla_W',gb,p-q)]
def d008():
    d=5; eps=.1; x,ga,be,C=rn(d),rn(d),rn(d),rn(d); mu=lambda x:x.mean(); s=lambda x:(((x-x.mean())**2).mean()+eps)**.5
    xh=lambda x:(x-mu(x))/s(x); f=lambda y:(T.sin(y)*C).sum()+(y**3).sum(); gx,gg,gb=G(lambda x,a,b:f(a*xh(x)+b),x,ga,be); g=G(f,ga*xh(x)+be); X=xh(x); h=ga*g
    return [('\\mu = \\frac',s(x),(((x-x.mean())**2).sum()/d+eps).sqrt()),('\\hat x_i = ',X*s(x)+mu(x),x),('\\partial\\mu',G(mu,x),T.ones(d)/d),('\\partial\\mu',G(s,x),X/d),('\\partial \\hat x_i',J(xh,x),(T.eye(d)-1/d-out(X,X)/d)/s(x)),
     ('\\partial \\gamma_i',gg,g*X),('\\partial \\gamma_i',gb,g),('\\partial L}{\\partial x_j} = \\frac{1}{\\sigma}',gx,(h-h.mean()-X*(h*X).mean())/s(x)),('\\sum_{j=1}^d \\frac',gx.sum(),T.tensor(0.))]
def d009():
    d,m,K=3,4,5; W,b,x,U,c=rn(m,d),rn(m),rn(d),rn(K,m),rn(K); y=int(T.randint(K,(1,))); a=W@x+b; h=a.tanh(); z=U@h+c; p=sm(z); e=oh(y,K)
    Lz=lambda z:-T.log_softmax(z,0)[y]; gW,gb,gx,gU,gc=G(lambda W,b,x,U,c:Lz(U@(W@x+b).tanh()+c),W,b,x,U,c); gz=G(Lz,z); gh=G(lambda h:Lz(U@h+c),h); gaa=G(lambda a:Lz(U@a.tanh()+c),a)
    return [('L = -\\log p_y',Lz(z),-p[y].log()),('g_z &=',gz,p-e),('g_U &=',gU,out(gz,h)),('g_c &=',gc,gz),('g_h &=',gh,U.T@gz),('g_a &=',gaa,gh*(1-h*h)),('g_W &=',gW,out(gaa,x)),('g_b &=',gb,gaa),
     ('g_p = -',G(lambda p:-p[y].log(),p),-e/p[y]),('g_x = W',gx,W.T@gaa)]
def d010():
    n,d=6,3; X,w=rn(n,d),rn(d); y=T.sign(rn(n)); f=lambda t:(1+t.exp()).log(); t=rn(); L=lambda w:f(-y*(X@w)).sum(); m=y*(X@w); g=G(L,w)
    return [("f'(t) &",G(f,t),sg(t)),("f''(t) &",H(f,t),sg(t)*(1-sg(t))),('f(t) - f(-t)',f(t)-f(-t),t),('f(-m_i)',L(w),f(-m).sum()),('\\log \\sigma(m_i)',L(w),-sg(m).log().sum()),
     ('-\\sum_{i=1}^n y_i',g,-(y*sg(-m))@X),('\\nabla^2',H(L,w),X.T@T.diag(sg(m)*(1-sg(m)))@X),('- t_i',g,(sg(X@w)-(y+1)/2)@X)]
def d011():
    K,d=5,3; T0=2.5; W,h,b,t=rn(K,d),rn(d),rn(K),rn(K); z=W@h+b; s=lambda z:sm(z/T0); p,y=s(z),s(t); ce=lambda z,t:-(s(t)*s(z).log()).sum()
    gz,gt=G(ce,z,t); gW,gh=G(lambda W,h:T0**2*ce(W@h+b,t),W,h); kl=G(lambda z:(y*(y/s(z)).log()).sum(),z)
    return [('\\operatorname{softmax}(z)_k',s(z),(z/T0).exp()/(z/T0).exp().sum()),('\\partial p_j',J(s,z),p[:,None]*(T.eye(K)-p)/T0),('\\mathrm{CE}}{\\partial z_k}',gz,(p-y)/T0),('T\\,(p_k - y_k)',T0**2*gz,T0*(p-y)),
     ('\\mathrm{KL}}{\\partial z_k}',kl,(p-y)/T0),('\\partial t_k',T0**2*gt,-T0*y*(p.log()-(y*p.log()).sum())),('\\nabla_W',gW,T0*out(p-y,h)),('\\nabla_W',gh,T0*W.T@(p-y))]
def d012():
    W,x,U,t=rn(4,3),rn(3),rn(2,4),rn(2); a=W@x; h=sg(a); z=U@h; La=lambda a,U:((U@sg(a)-t)**2).sum()/2; ga,gU=G(La,a,U); gW=G(lambda W:La(W@x,U),W); e=t-z
    r=[('\\delta = \\bigl(U',ga,(U.T@(z-t))*h*(1-h)),('= \\delta\\, x^\\top',gW,out(ga,x)),('\\delta^\\top \\delta',La(a,U),e@e/2),('\\nabla_U L',gU,-out(e,h)),('-\\bigl((U^\\top\\delta)',gW,-out((U.T@e)*h*(1-h),x))]
    D=T.tensor(.8); Hu=lambda r,D: r**2/2 if abs(r)<=D else D*(abs(r)-D/2)
    for v in (.5,-.3,1.7,-2.2):
        v=T.tensor(v); gr,gD=G(Hu,v,D); r.append(('\\frac{dH}{dr}',gr,max(-D,min(v,D))))
        if abs(v)>D: r.append(('\\partial\\delta}',gD,abs(v)-D))
    return r
def d013():
    K,d=6,4; W,x=rn(K,d),rn(d); s=W@x; y=int(T.randint(K,(1,))); o=1-oh(y,K); P=lambda s:s.max()-s[y]; L=lambda s:(o*relu(1+s-s[y])).sum(); g=G(L,s); m=(1+s-s[y]>0).double(); q=o.bool()
    return [('L_i = \\max',P(s)>=0,T.tensor(True)),('\\hat y_i] -',G(P,s),oh(s.argmax(),K)-oh(y,K)),('H_i = \\sum',L(s),sum(max(0,float(1+s[j]-s[y])) for j in range(K) if j!=y)),('= m_{ij}, \\qquad',g[q],m[q]),('-\\sum_{j=1}^K m',g[y],-m.sum()),('} = 0',g.sum(),T.tensor(0.)),
     ('\\nabla_{w_j}',G(lambda W:L(W@x),W)[q],out(m,x)[q])]
def d014():
    n,d=5,4; X,ga,be,C=rn(n,d),rn(d),rn(d),rn(n,d); eps=.05; mu=lambda X:X.mean(0); s=lambda X:(((X-X.mean(0))**2).mean(0)+eps).sqrt(); xh=lambda X:(X-mu(X))/s(X)
    f=lambda Y:(C*T.sin(Y)).sum()+(Y**3).sum(); gX,gg,gb=G(lambda X,a,b:f(a*xh(X)+b),X,ga,be); h=xh(X); g=G(f,ga*h+be); M,S=rn(d),rn(d).abs()+.5
    gi=G(lambda X:f(ga*(X-M)/S+be),X); yi=G(f,ga*(X-M)/S+be)
    return [('\\mu_j = \\frac1n',s(X)**2,X.var(0,unbiased=False)+eps),('$$\\hat x_{ij} = ',h*s(X)+mu(X),X),('\\bar\\gamma_j',gg,(g*h).sum(0)),('\\bar\\gamma_j',gb,g.sum(0)),('\\Bigl(\\bar y_{ij}',gX,ga/s(X)*(g-g.mean(0)-h*(g*h).mean(0))),('}\\,\\bar y_{ij}$$',gi,ga/S*yi),
     ('\\sum_{j=1}^d \\bar x_{ij} = 0',gX.sum(1),T.zeros(n)),('\\sum_{i=1}^n \\hat x_{ij} = 0',h.sum(0),T.zeros(d))]
def d015():
    d=4; x,w,C=rn(d),rn(d),rn(d); N=lambda x:(x@x).sqrt(); r=lambda x:(x@x/d).sqrt(); u=lambda x:x/N(x); v=lambda x:x/r(x); f=lambda y:(C*T.sin(y)).sum()+(y**3).sum(); U,V=u(x),v(x); g=G(f,U)
    gx,gw=G(lambda x,w:f(w*v(x)),x,w); g2=G(f,w*V); h=w*g2
    return [('\\partial \\rho',G(N,x),U),('\\partial u_i',J(u,x),(T.eye(d)-out(U,U))/N(x)),('g - u',G(lambda x:f(u(x)),x),(g-U*(U@g))/N(x)),('r = \\sqrt',V*r(x),x),('\\partial r}',G(r,x),V/d),('\\partial \\hat x_i',J(v,x),(T.eye(d)-out(V,V))/r(x)),
     ('\\nabla_w L',gx,(h-V*(h*V).mean())/r(x)),('\\nabla_w L',gw,g2*V),('x^\\top \\nabla_x L = 0',x@gx,T.tensor(0.))]
def d016():
    n,d,m=4,3,5; Q,K,V,Ob=rn(n,d),rn(n,d),rn(n,m),rn(n,m); S=K@Q.T/d**.5; A=sm(S,0)
    gQ,gK,gV=G(lambda Q,K,V:(sm(K@Q.T/d**.5,0).T@V*Ob).sum(),Q,K,V); gA=G(lambda A:(A.T@V*Ob).sum(),A); gS=G(lambda S:(sm(S,0).T@V*Ob).sum(),S); r=(A*gA).sum(1)
    return [('S = \\frac',S[1,2],K[1]@Q[2]/d**.5),('A_{ij} = 1',A.sum(0),T.ones(n)),('O = A^\\top V',(A.T@V)[2],sm(K@Q[2]/d**.5)@V),('\\bar V = A',gV,A@Ob),('\\bar A = V',gA,V@Ob.T),('\\bar S = A',gS,A*(gA-r[:,None])),('\\bar Q =',gQ,gS.T@K/d**.5),('\\bar Q =',gK,gS@Q/d**.5)]
def d017():
    r=[]
    for y in (0.,1.):
        w,x,b=rn(3)*.3,rn(3)*.5,rn()*.3; z=w@x+b
        P=lambda z:(1+z.tanh())/2; B=lambda p:-y*p.log()-(1-y)*(1-p).log(); M=lambda z:(P(z)-y)**2; p=P(z); k=4*(p-y)*p*(1-p)
        r+=[('p = \\frac{1 +',p,sg(2*z)),('1 - \\sigma(z)^2',G(P,z),(1-z.tanh()**2)/2),('2\\,p\\,(1-p)$$',G(P,z),2*p*(1-p)),('{dp} = \\frac{p-y}',G(B,p),(p-y)/(p*(1-p))),('= p - y$$',G(lambda z:B(P(z)),z),p-y),('{dz} = 4',G(M,z),k),('\\nabla_w',G(lambda w:M(w@x+b),w),k*x)]
    return r
def d018():
    n,d,K=5,3,4; X,W=rn(n,d),rn(d,K); Y=T.randint(0,4,(n,K)).double(); Y[:,0]+=2; v=Y.sum(1); Z=X@W; P=sm(Z); t=Y/v[:,None]; L=lambda Z,Y=t:-(Y*T.log_softmax(Z,1)).sum(); C=lambda Z:L(Z,Y)
    return [('L = -\\sum',L(Z),-(t*P.log()).sum()),('{\\partial Z} = P',G(L,Z),P-t),('{\\partial Z} = P',G(lambda W:L(X@W),W),X.T@(P-t)),('C = -\\sum',C(Z),-(Y*P.log()).sum()),('C = \\sum_i v_i',C(Z),(v*Z.exp().sum(1).log()).sum()-(Y*Z).sum()),
     ('\\nabla_W C',G(lambda W:C(X@W),W),X.T@(P-Y)),('\\partial c_i',G(C,Z).sum(1),T.zeros(n))]
def d019():
    N,d=3,4; n=2*N; u,t=rn(n,d),T.tensor(.8); pi=T.tensor([1,0,3,2,5,4]); ar=T.arange(n); I=T.eye(n); off=1-I; D=I[pi]
    s=u@u.T/t; E=s.exp()*off; p=E/E.sum(1,keepdim=True)
    def l(u,t=t):
        s=u@u.T/t; return -s[ar,pi]+(s.exp()*off).sum(1).log()
    i=2; gi=G(lambda u:l(u)[i],u); g,gt=G(lambda u,t:l(u,t).sum(),u,t); k=ar!=i
    return [('s_{ik} = \\frac',s[1,2],u[1]@u[2]/t),('\\ell_i = -s',l(u).sum(),sum(-s[a,pi[a]]+sum(s[a,b].exp() for b in range(n) if b!=a).log() for a in range(n))),('\\ell_i = -\\log',l(u),-p[ar,pi].log()),('\\partial \\ell_i}{\\partial u_i}',gi[i],(p[i]@u-u[pi[i]])/t),('\\partial \\ell_i}{\\partial u_k}',gi[k],out((p[i]-D[i])/t,u[i])[k]),
     ('\\frac{\\partial L}{\\partial u_i}',g,(p@u-u[pi])/t),('\\partial\\tau}',gt,-((p-D)*s*off).sum()/t)]
def d020():
    K=4; ga=2.3; z=rn(K); y=int(T.randint(K,(1,))); e=oh(y,K); p=sm(z); q=p[y]; F=lambda q:-(1-q)**ga*q.log(); g=G(lambda z:F(sm(z)[y]),z)
    return [('\\mathrm{CE}}{\\partial z_k}',G(lambda z:-T.log_softmax(z,0)[y],z),p-e),('\\mathrm{FL} = -',F(q),-(1-q)**ga*T.log_softmax(z,0)[y]),('\\partial p_y} =',G(F,q),ga*(1-q)**(ga-1)*q.log()-(1-q)**ga/q),('\\frac{\\partial p_y}',G(lambda z:sm(z)[y],z),q*(e-p)),
     ('\\bigl((1-p_y)',g,((1-q)**ga+ga*q*(1-q)**(ga-1)*q.log())*(p-e)),('\\sum_k\\frac',g.sum(),T.tensor(0.))]
def d021():
    K=5; m=T.tensor(.9); s=rn(K); y=int(T.randint(K,(1,))); o=1-oh(y,K); k=o.bool(); p=sm(s); M=lambda s,m=m:(1+(o*(m+s-s[y]).exp()).sum()).log(); c=lambda s:-T.log_softmax(s,0)[y]; g,gm=G(M,s,m); q=sm(s+m*o)
    return [('p_{ij} = \\frac',p,s.exp()/s.exp().sum()),('\\log\\Bigl(1 + \\sum_{j\\neq y_i} e^{s',c(s),(1+(o*(s-s[y]).exp()).sum()).log()),('= -\\sum_{j\\neq y_i} p_{ij}',G(c,s)[y],-(p*o).sum()),('M_i = \\log',M(s),T.logsumexp(s+m*o,0)-s[y]),('q_{ij} = \\frac',g[k],q[k]),('-(1 - p_{i,y_i})',g[y],-(1-p[y])),('\\partial m} =',gm,(q*o).sum())]
def d022():
    d=4; W,x,t=rn(d,d),rn(d),rn(d); a1=W@x; h1=a1.tanh(); a2=W@h1; h2=a2.tanh(); e=lambda h:((h-t)**2).sum()/2; gh2=G(e,h2); ga2=G(lambda a:e(a.tanh()),a2); gh1=G(lambda h:e((W@h).tanh()),h1); ga1=G(lambda a:e((W@a.tanh()).tanh()),a1)
    gW,gx=G(lambda W,x:e((W@(W@x).tanh()).tanh()),W,x)
    return [('\\|h_2 - t\\|^2',e(h2),(h2-t)@(h2-t)/2),('\\bar h_2 &=',gh2,h2-t),('\\bar a_2 &=',ga2,gh2*(1-h2*h2)),('\\bar h_1 &=',gh1,W@ga2),('\\bar a_1 &=',ga1,gh1*(1-h1*h1)),('\\bar W =',gW,out(ga2,h1)+out(ga1,x)),('\\bar x =',gx,W.T@ga1)]
def d023():
    n,d,K=6,2,3; X,mu,a=rn(n,d),rn(K,d),rn(K); ln=lambda X,mu:-((X[:,None]-mu)**2).sum(-1)/2-d/2*T.log(T.tensor(2*T.pi)); ell=lambda X,mu,a:T.logsumexp(ln(X,mu)+T.log_softmax(a,0),1).sum(); gX,gm,ga=G(ell,X,mu,a); w=sm(a); Nn=ln(X,mu).exp(); r=w*Nn/(Nn@w)[:,None]
    return [('\\ell = \\sum',ell(X,mu,a),(Nn@w).log().sum()),('r_{ik} = \\frac',r,sm(Nn.log()+w.log(),1)),('r_{ik} = 1',r.sum(1),T.ones(n)),('\\partial\\mu_k}',gm,(r[:,:,None]*(X[:,None]-mu)).sum(0)),('\\frac{\\partial\\ell}{\\partial a_k}',ga,r.sum(0)-w),('\\partial x_i}',gX,(r[:,:,None]*(mu-X[:,None])).sum(1))]
def d024():
    K,d=4,3; W,h,b=rn(K,d),rn(d),rn(K); y=sm(rn(K)); z=W@h+b; p=sm(z); L=lambda z:-(y*T.log_softmax(z,0)).sum(); gW,gh,gb=G(lambda W,h,b:L(W@h+b),W,h,b); D=G(L,z); E=y-p
    return [('L = -\\sum',L(z),-(y*p.log()).sum()),('\\partial z} = p - y',D,p-y),('\\nabla_b L = \\delta, ',gb,D),('\\nabla_b L = \\delta, ',gh,W.T@D),('\\delta = y - p',E,-D),('-\\nabla_b L = \\delta$',-gb,E),('\\nabla_W L = \\delta',gW,out(E,h)),('= -W^\\top\\delta',gh,-W.T@E),('\\sum_k\\delta_k',E.sum(),T.tensor(0.))]
bad=0; nclaims=ndisp=0; rows=list(csv.DictReader(open(R+'oracle.csv'))); assert len(rows)==24
for r in rows:
    f=r['file']; src=open(R+f).read().split('\n'); fl=int(r['line']) if r['line'] else None
    tex=f.endswith('.tex'); disp=set(); on=False
    for i,l in enumerate(src,1):
        if tex:
            if re.match(r'\\begin\{(align|equation)',l): on=True
            elif re.match(r'\\end\{',l): on=False
            elif on: disp.add(i)
        elif l.startswith('$$'): assert l.endswith('$$'),(f,i); disp.add(i)
    if fl is not None and fl not in disp: print('BAD line',f,fl); bad=1
    res={}; fn=globals()['d'+f.split('/')[1][:3]]; seen=set()
    for seed in range(8):
        T.manual_seed(1000+seed)
        for c,(k,a,b) in enumerate(fn()):
            hit=[i for i,l in enumerate(src,1) if k in l and (i in disp or k=='g_x = W')]
            if len(hit)!=1: print('KEY',f,k,hit); bad=1; continue
            a=T.as_tensor(a).double(); b=T.as_tensor(b).double(); assert a.shape==b.shape,(f,k,a.shape,b.shape)
            err=float((a-b).abs().max()) if a.numel() else 0.
            res.setdefault(hit[0],[]).append(err); seen.add(c)
    for i,e in sorted(res.items()):
        if i==fl:
            if min(e)<1e-3: print('NOT FALSE',f,i,e); bad=1
        elif max(e)>1e-9: print('NOT TRUE',f,i,max(e)); bad=1
    if fl is not None and fl not in res: print('UNCHECKED false',f,fl); bad=1
    un=disp-set(res)
    for i in un: print('definition only:',f,i,src[i-1])
    nclaims+=len(seen); ndisp+=len(disp)
print(len(rows),'documents',ndisp,'display lines',nclaims,'claims checked','FAIL' if bad else 'PASS'); sys.exit(bad)
