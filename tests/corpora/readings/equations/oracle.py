"""Independent check of the corpus. Each display gets (tag, fragment, claim, points[, careless]).
tag S = supposed / to be solved, D = definition: no claim (for S: every context point satisfies it).
T: claim holds at ALL points (which satisfy the context);  F: fails at SOME point of its context
(and holds at all 'careless' points, i.e. those of the condition that no longer holds)."""
import os,sys,csv,glob
from sympy import *
os.chdir(os.path.dirname(os.path.abspath(__file__)))
R=Rational
def z(e):
    if isinstance(e,MatrixBase): return all(z(t) for t in e)
    e=sympify(e)
    return simplify(e)==0 or (e.is_number and abs(N(e,40))<1e-30)
def eq(a,b):
    if isinstance(a,MatrixBase)!=isinstance(b,MatrixBase): raise TypeError
    return z(a-b)
le=lambda a,b: bool(sympify(a)<=sympify(b))
lt=lambda a,b: bool(sympify(a)<sympify(b))
imp=lambda p,q:(not p) or q
iff=lambda p,q:bool(p)==bool(q)
ONE=[()]
def P(*v): return [(t if isinstance(t,tuple) else (t,)) for t in map(lambda t: tuple(map(sympify,t)) if isinstance(t,tuple) and not any(isinstance(s,MatrixBase) for s in t) else (t if isinstance(t,tuple) else sympify(t) if not isinstance(t,MatrixBase) else t),v)]
reals=P(-3,-2,-1,R(-1,2),0,R(1,3),1,2,3,5,7,sqrt(2),-sqrt(5))
pairs=[(a[0],b[0]) for a in reals for b in reals]
S='S';D='D';T='T';F='F'
M=lambda *r: Matrix(r)
mats=[M([1,2],[3,4]),M([0,1],[0,0]),M([2,-1],[5,3]),M([R(1,2),0],[7,-3])]
inv=[(m,) for m in mats if m.det()!=0]
mp=[(a,b) for a in mats for b in mats]
com=[(a,a**2+3*eye(2)) for a in mats]+[(a,eye(2)) for a in mats]
c,s=R(3,5),R(4,5)
orth=[(M([c,-s],[s,c]),),(M([c,s],[s,-c]),),(M([0,1],[1,0]),),(-eye(2),)]
vecs=[M([1],[0]),M([2],[-3]),M([R(1,2)],[7])]
A5=M([2,1],[0,3]); S2=M([2,1],[1,2])
sq=lambda m:(m.T*m)[0]
sol=lambda e,x: P(*solveset(e,x,S_.Reals)) if False else P(*[r for r in solve(e,x) if r.is_real])
x=Symbol('x',real=True)
C={}
# 001
p=sol(x**2-4,x); C['001']=[(S,'x^2 = 4',lambda x:eq(x**2,4),p),(T,'x = 2',lambda x:x==2 or x==-2,p),(T,'x^4',lambda x:eq(x**4,16),p),(T,'x^3',lambda x:eq(x**3,4*x),p)]
r=sol(x**2-x-6,x); n=[t for t in r if t[0]<0]; q=[t for t in r if t[0]>0]
C['002']=[(S,'- 6 = 0',lambda x:eq(x**2-x-6,0),n),(T,'(x - 3)',lambda x:eq((x-3)*(x+2),0),n),(T,'x = -2',lambda x:x==-2,n),(T,'|x|',lambda x:eq(abs(x),-x),n),(T,'x^2 = 4',lambda x:eq(x**2,4),n),(T,'x^2 = 9',lambda x:eq(x**2,9),q)]
p=[t for t in r if z(sqrt(t[0]+6)-t[0])]
C['003']=[(S,'sqrt{x + 6}',lambda x:eq(sqrt(x+6),x),p),(T,'x + 6 = x^2',lambda x:eq(x+6,x**2),p),(T,'or',lambda x:x==3 or x==-2,p),(T,'-2 + 6',lambda:eq(sqrt(-2+6),2),ONE),(T,'x = 3',lambda x:x==3,p)]
f=lambda x: x**2 if x>=0 else -x
pos=[t for t in reals if t[0]>0]; neg=[t for t in reals if t[0]<0]; nonneg=pos+P(0)
C['004']=[(D,'cases'),(T,'f(-3) = 3',lambda:f(-3)==3,ONE),(T,'f(f(-3)) = 9',lambda:f(f(-3))==9,ONE),(T,'f(3) = 9',lambda:f(3)==9,ONE),(T,'f(-x) = x',lambda x:eq(f(-x),x),pos),(T,'f(-x)^2 = f(x)',lambda x:eq(f(-x)**2,f(x)),pos)]
v1=[(M([1],[1]),)];v2=[(M([1],[0]),)];va=[(v,) for v in vecs]
C['005']=[(D,'pmatrix'),(T,'3 v',lambda v:eq(A5*v,3*v),v1),(T,'9 v',lambda v:eq(A5**2*v,9*v),v1),(T,'A v = 2 v',lambda v:eq(A5*v,2*v),v2),(T,'4 v',lambda v:eq(A5**2*v,4*v),v2),(T,'5 A v',lambda v:eq(A5**2*v-5*A5*v+6*v,zeros(2,1)),va)]
h=[(sqrt(2)*t,sympify(t)) for t in (1,3,R(5,2))]; ints=[(sympify(a),sympify(b)) for a in range(1,40) for b in range(1,40)]
C['006']=[(S,'frac{p}{q}',lambda p,q:eq(p/q,sqrt(2)),h),(T,'p^2 = 2q^2',lambda p,q:eq(p**2,2*q**2),h),(T,'q^2 = 2k^2',lambda p,q:eq(q**2,2*(p/2)**2),h),(T,'ne',lambda p,q:p**2!=2*q**2,ints),(T,'-1',lambda:7**2-2*5**2==-1,ONE)]
C['007']=[(S,'7',lambda x:eq(2*x+1,7),sol(2*x-6,x)),(T,'x = 3',lambda x:x==3,sol(2*x-6,x)),(S,'10',lambda x:eq(3*x-2,10),sol(3*x-12,x)),(T,'x = 4',lambda x:x==4,sol(3*x-12,x)),(T,'12',lambda x:eq(x**2-x,12),sol(3*x-12,x)),(T,'3 + 4',lambda:3+4==7,ONE)]
X,Y,l=symbols('X Y l',real=True); L=X*Y-l*(X+Y-10)
k=[(d[X],d[Y],d[l]) for d in solve([diff(L,X),diff(L,Y),X+Y-10],[X,Y,l],dict=True)]; assert k
line=[(t[0],10-t[0]) for t in reals]
C['008']=[(D,'L('),(T,'y = ',lambda x,y,l:y==l,k),(T,'x = ',lambda x,y,l:x==l,k),(T,'= 5',lambda x,y,l:l==5,k),(T,'25',lambda x,y:le(expand(x*y),25),line),(T,'4xy',lambda x,y:le(expand(4*x*y),expand((x+y)**2)),pairs)]
C['009']=[(S,'Q^T Q',lambda Q:eq(Q.T*Q,eye(2)),orth),(T,'\\|Qx',lambda Q:all(eq(sq(Q*v),sq(v)) for v in vecs),orth),(T,'det(Q)',lambda Q:eq(Q.det()**2,1),orth),(T,'= -1',lambda:M([0,1],[1,0]).det()==-1,ONE),(T,'Q Q^T',lambda Q:eq(Q*Q.T,eye(2)),orth)]
ma=[(m,) for m in mats]; ex=[(M([1,2],[2,5]),)]
C['010']=[(T,'(A + A^T)^T',lambda A:eq((A+A.T).T,A+A.T),ma),(D,'pmatrix'),(T,'A^T = A',lambda A:eq(A.T,A),ex),(T,'A^T A = A^2',lambda A:eq(A.T*A,A**2),ex),(T,'(A^T A)^T',lambda A:eq((A.T*A).T,A.T*A),ma),(T,'det',lambda A:eq(A.T.det(),A.det()),ma)]
p=[(R(1,2),R(1,3),R(1,6))]; pr=[(R(a,12),R(b,12),R(12-a-b,12)) for a in range(13) for b in range(13-a)]
C['011']=[(T,'= 1',lambda a,b,c:a+b+c==1,pr),(T,'3 p_3',lambda a,b,c:3*c==R(1,2) and b==2*c,p),(T,'frac{1}{3}',lambda a,b,c:b==R(1,3),p),(T,'p_1 p_2',lambda a,b,c:a*b==c,p),(T,'1 - p_1',lambda a,b,c:1-a==b+c,pr)]
prob=P(R(1,10),R(1,3),R(1,2),R(3,4),R(9,10)); lo=lambda p:log(p/(1-p)); half=P(R(1,2))
C['012']=[(D,'t ='),(T,'e^{-t}',lambda p:eq(p,1/(1+exp(-lo(p)))),prob),(T,'1 - p =',lambda p:eq(1-p,1/(1+exp(lo(p)))),prob),(T,'t = 0',lambda p:eq(lo(p),0),half),(T,'= -t',lambda p:eq(log((1-p)/p),-lo(p)),prob),(T,'p(1 - p)',lambda p:eq(p*(1-p),exp(lo(p))/(1+exp(lo(p)))**2),prob)]
A=M([1,0],[1,1],[1,2]);b=M([1],[2],[4]); w=(A.T*A).inv()*A.T*b; w=[(w[0],w[1])]
C['013']=[(T,'7',lambda a,b:3*a+3*b==7,w),(T,'10',lambda a,b:3*a+5*b==10,w),(T,'2b',lambda a,b:2*b==3,w),(T,'frac{5}{6}',lambda a,b:a==R(5,6),w),(T,'frac{1}{6}',lambda a,b:1-a==R(1,6),w),(T,'= 0',lambda a,b:(1-a)+(2-a-b)+(4-a-2*b)==0,w)]
r=sol(x**2-5*x,x)
C['014']=[(S,'x^2 = 5x',lambda x:eq(x**2,5*x),r),(T,'x = 5',lambda x:x==5,[t for t in r if t[0]!=0]),(T,'0^2',lambda:0**2==5*0,ONE),(T,'iff',lambda x:iff(z(x**2-5*x),x==0 or x==5),reals),(T,'x^3',lambda x:eq(x**3,25*x),r)]
ge1=[t for t in reals if t[0]>=1]; l1=[t for t in reals if t[0]<1]
c2=[t for t in sol(1-x-2*x,x) if t[0]<1]
assert not [t for t in sol(x-1-2*x,x) if t[0]>=1]
C['015']=[(S,'2x',lambda x:eq(abs(x-1),2*x),c2),(T,'= x - 1',lambda x:eq(abs(x-1),x-1),ge1),(T,'= 1 - x',lambda x:eq(abs(x-1),1-x),l1),(T,'frac{1}{3}',lambda x:x==R(1,3),c2),(T,'|1 - x|',lambda x:eq(abs(x-1),abs(1-x)),reals),(T,'|^2',lambda x:eq(abs(x-1)**2,(x-1)**2),reals)]
k=[(d[X],d[Y]) for d in solve([X+Y-5,X*Y-6],[X,Y],dict=True)]; assert len(k)==2
C['016']=[(S,'5',lambda x,y:x+y==5,k),(S,'6',lambda x,y:x*y==6,k),(T,'13',lambda x,y:x**2+y**2==13,k),(T,'^2 = 1',lambda x,y:(x-y)**2==1,k),(T,'or',lambda x,y:x-y in(1,-1),k),(T,'max',lambda x,y:max(x,y)==3,k)]
k1=[(t[0],t[0]) for t in reals if t[0]!=0]; k0=[(sympify(0),t[0]) for t in reals]
for a,_ in k1: assert solve(a*x-a**2,x)==[a]
C['017']=[(S,'a^2',lambda a,x:eq(a*x,a**2),k1+k0),(T,'x = a',lambda a,x:x==a,k1),(T,'7',lambda:0*7==0**2,ONE),(T,'= 0',lambda a,x:z(a*(x-a)),k1+k0),(T,'9',lambda x:x**2==9,sol(3*x-9,x))]
r=[t for t in reals if z(abs(t[0])-3)]; assert len(r)==2; n=[t for t in r if t[0]<0]
C['018']=[(S,'|x| = 3',lambda x:abs(x)==3,r),(T,'{o}',lambda x:x in(3,-3),r),(T,'9',lambda x:x**2==9,r),(T,'x = -3',lambda x:x==-3,n),(T,'27',lambda x:x**3==-27,n),(T,'|x|^2',lambda x:eq(abs(x)**2,x**2),reals)]
C['019']=[(T,'< 9',lambda x,y:iff(x**2<9,-3<x and x<3),pairs),(T,'x = y \\implies',lambda x,y:imp(x==y,x**2==y**2),pairs),(T,'|x|',lambda x,y:iff(z(x**2-y**2),abs(x)==abs(y)),pairs),(T,'x = -y',lambda x,y:iff(z(x**2-y**2),x==y or x==-y),pairs),(T,'x^3',lambda x,y:imp(x**3==y**3,x==y),pairs),(T,'xy = 0',lambda x,y:iff(z(x*y),x==0 or y==0),pairs)]
ev=P(*range(2,20,2));od=P(*range(1,20,2)); al=ev+od; m1=sympify(-1);m2=sympify(-2)
C['020']=[(T,'(-1)^n = 1',lambda n:m1**n==1,ev),(T,'(-2)^n = 2^n',lambda n:m2**n==2**n,ev),(T,'2n',lambda n:m1**(2*n)==1,al),(T,'(-1)^n 2^n',lambda n:m2**n==m1**n*2**n,al),(T,'= -2^n',lambda n:m2**n==-2**n,od),(T,'(-1)^n (-2)^n',lambda n:m1**n*m2**n==2**n,al)]
r=sol(x**2-3*x,x); nz=[t for t in reals if t[0]!=0]
C['021']=[(S,'x^2 = 3x',lambda x:eq(x**2,3*x),r),(T,'x(x - 3)',lambda x:z(x*(x-3)),r),(T,'x = 3',lambda x:x==3,[t for t in r if t[0]!=0]),(F,'iff',lambda x:iff(z(x**2-3*x),x==3),reals,nz),(T,'x^3',lambda x:eq(x**3,9*x),P(3))]
u=[(t[0],1-t[0]) for t in reals]
C['022']=[(T,'= a - b',lambda a,b:eq(a**2-b**2,a-b),u),(T,'b^2 + a',lambda a,b:eq(a**2+b,b**2+a),u),(T,'frac',lambda:R(1,9)+R(2,3)==R(4,9)+R(1,3),ONE),(T,'(a + b)',lambda a,b:eq(a**2-b**2,(a+b)*(a-b)),pairs),(F,'a^2 - a',lambda a,b:eq(a**2-a,b**2-b),pairs,u)]
f3=lambda x: x**2 if x>0 else -x
C['023']=[(D,'cases'),(T,'f(3)',lambda:f3(3)==9,ONE),(T,'f(0)',lambda:f3(0)==0,ONE),(F,'f(-3)',lambda:f3(-3)==9,ONE),(T,'f(-1)',lambda:f3(-1)==1,ONE),(T,'ge 0',lambda x:le(0,f3(x)),reals)]
C['024']=[(T,'= x',lambda x:eq(sqrt(x**2),x),nonneg),(T,'2x',lambda x:eq(sqrt(x**2)+x,2*x),nonneg),(T,'|x|',lambda x:eq(sqrt(x**2),abs(x)),reals),(F,'- x = 0',lambda x:z(sqrt(x**2)-x),reals,nonneg),(T,')^2',lambda x:eq(sqrt(x**2)**2,x**2),reals)]
r=[t for t in sol(x**2-2*x-3,x) if z(sqrt(2*t[0]+3)-t[0])]; dom=[t for t in reals if t[0]>=R(-3,2)]
C['025']=[(S,'sqrt',lambda x:eq(sqrt(2*x+3),x),r),(T,'x^2',lambda x:eq(2*x+3,x**2),r),(T,'(x - 3)',lambda x:z((x-3)*(x+1)),r),(F,'iff',lambda x:iff(z(sqrt(2*x+3)-x),x==3 or x==-1),dom,[t for t in dom if t[0]>=0]),(T,'cdot 3',lambda:sqrt(sympify(9))==3,ONE)]
r=sol(x**2-2*x-8,x);n=[t for t in r if t[0]<0];q=[t for t in r if t[0]>0]; assert len(n)==len(q)==1
C['026']=[(S,'8',lambda x:z(x**2-2*x-8),n),(T,'= 9',lambda x:(x-1)**2==9,n),(T,'= -3',lambda x:x-1==-3,n),(F,'16',lambda x:x**2==16,n,q),(T,'= 3',lambda x:abs(x-1)==3,n)]
sy=lambda s,d:[(t[X],t[Y]) for t in solve([X+Y-s,X-Y-d],[X,Y],dict=True)]
a,b_=sy(7,1),sy(7,3)
C['027']=[(S,'7',lambda x,y:x+y==7,a),(S,'1',lambda x,y:x-y==1,a),(T,'4',lambda x,y:x==4 and y==3,a),(T,'5',lambda x,y:x==5,b_),(T,'21',lambda x,y:x**2-y**2==21,b_),(F,'12',lambda x,y:x*y==12,b_,a)]
C['028']=[(S,'A^T A',lambda A:eq(A.T*A,eye(2)),orth),(T,'A^{-1} = A^T',lambda A:eq(A.inv(),A.T),orth),(T,')^T',lambda A:eq(A.inv().T,A.T.inv()),inv),(F,'A A^T',lambda A:eq(A*A.T,eye(2)),inv,orth),(T,'det',lambda A:eq(A.inv().det(),1/A.det()),inv)]
o1=[(M([1],[1]),M([1],[-1]))];o2=[(M([1],[0]),M([1],[1]))]
C['029']=[(T,'S u',lambda u,v:eq(S2*u,3*u),o1),(T,'S v',lambda u,v:eq(S2*v,v),o1),(T,'u^T v',lambda u,v:(u.T*v)[0]==0,o1),(T,'B u',lambda u,v:eq(A5*u,2*u),o2),(T,'B v',lambda u,v:eq(A5*v,3*v),o2),(F,'u^T v',lambda u,v:(u.T*v)[0]==0,o2,o1)]
co=[(t[0],1-t[0]) for t in prob];g=[(R(1,2),R(1,3))]
C['030']=[(T,'p + q',lambda p,q:p+q==1,co),(T,'2pq',lambda p,q:p*p+2*p*q+q*q==1,co),(T,'1 - p^2',lambda p,q:1-p*p==q*(1+p),co),(T,'frac{1}{6}',lambda p,q:1-p-q==R(1,6),g),(F,'1 - p = q',lambda p,q:1-p==q,g,co)]
C['031']=[(D,'frac{p}'),(T,'= 0',lambda p:z(lo(p)),half),(T,'logit}(1 - p) = \\op',lambda p:eq(lo(1-p),lo(p)),half),(T,'e^',lambda p:eq(exp(lo(p)),p/(1-p)),prob),(T,'= -\\op',lambda p:eq(lo(1-p),-lo(p)),prob),(F,'- \\operatorname{logit}(1 - p) = 0',lambda p:z(lo(p)-lo(1-p)),prob,half)]
k=[(d[X],d[Y],d[l]) for d in solve([Y-2*l*X,X-2*l*Y,X**2+Y**2-2],[X,Y,l],dict=True)]; assert len(k)==4
C['032']=[(S,'= 2',lambda x,y,l:x**2+y**2==2,k),(T,'y = 2',lambda x,y,l:y==2*l*x,k),(T,'x = 2',lambda x,y,l:x==2*l*y,k),(T,'x^2 = y^2',lambda x,y,l:x**2==y**2,k),(T,'x^2 = 1',lambda x,y,l:x**2==1,k),(F,'xy = 1',lambda x,y,l:x*y==1,k,[t for t in k if t[0]==t[1]])]
A=M([1],[1],[1]);b=M([1],[2],[6]);w=[((A.T*b)[0]/(A.T*A)[0],A,b)]
C['033']=[(T,'3x',lambda x,A,b:3*x==9,w),(T,'x = 3',lambda x,A,b:x==3,w),(T,'A^T',lambda x,A,b:z((A.T*(b-A*x))[0]),w),(F,'b - A x = 0',lambda x,A,b:z(b-A*x),w),(T,'14',lambda x,A,b:sq(b-A*x)==14,w)]
tr=[(sympify(a),p_,q_) for a in (0,2,-3,R(1,2)) for p_,q_ in pairs[::3]+P((0,0),(1,1),(5,5))]; tn=[t for t in tr if t[0]!=0]
e=lambda a,x,y:z(a*x-a*y)
C['034']=[(T,'implies x = y',lambda a,x,y:imp(e(a,x,y),z(x-y)),tn),(T,'a(x - y)',lambda a,x,y:imp(e(a,x,y),z(a*(x-y))),tr),(T,'x = y \\implies',lambda a,x,y:imp(z(x-y),e(a,x,y)),tr),(F,'iff',lambda a,x,y:iff(e(a,x,y),z(x-y)),tr,tn),(T,'a^2',lambda a,x,y:imp(e(a,x,y),z(a*a*(x-y))),tr)]
C['035']=[(T,'= x - 1',lambda x:eq(abs(x-1),x-1),ge1),(T,'= x$',lambda x:1,ge1),(T,'= 1 - x',lambda x:eq(abs(x-1),1-x),l1),(T,'ge',lambda x:le(x-1,abs(x-1)),reals),(F,'= -1',lambda x:eq(abs(x-1)-x,-1),reals,ge1),(T,'2x + 1',lambda x:eq(abs(x-1)**2,expand(x**2-2*x+1)),reals)]
C['035'][1]=(T,'+ 1 = x',lambda x:eq(abs(x-1)+1,x),ge1)
h=[(sqrt(3)*t,sympify(t)) for t in (1,3,R(5,2))]
C['036']=[(S,'3q^2',lambda p,q:p**2==3*q**2,h),(T,'3k^2',lambda p,q:eq(q**2,3*(p/3)**2),h),(T,'11',lambda p,q:p+q==11,P((7,4))),(F,'frac',lambda p,q:p**2/q**2==3,P((7,4)),h),(T,'= 1',lambda p,q:p**2-3*q**2==1,P((7,4)))]
a,b_=sol(2*x+5-3,x),sol(2*x-5-3,x)
C['037']=[(S,'+ 5',lambda x:2*x+5==3,a),(T,'x = -1',lambda x:x==-1,a),(S,'- 5',lambda x:2*x-5==3,b_),(T,'8',lambda x:2*x==8,b_),(F,'x^2 = 1',lambda x:x**2==1,b_,a),(T,'= 3',lambda x:x-1==3,b_)]
for p_,q_ in com: assert eq(p_*q_,q_*p_)
C['038']=[(T,'2AB',lambda A,B:eq((A+B)**2,A**2+2*A*B+B**2),com),(T,'A^2 - B^2',lambda A,B:eq((A+B)*(A-B),A**2-B**2),com),(T,'AB + BA',lambda A,B:eq((A+B)**2,A**2+A*B+B*A+B**2),mp),(F,'- 2AB',lambda A,B:eq((A-B)**2,A**2-2*A*B+B**2),mp,com),(T,'- AB + BA',lambda A,B:eq((A+B)*(A-B),A**2-A*B+B*A-B**2),mp)]
r=sol(x**2-5*x+6,x);b2=[t for t in r if t[0]>2]
C['039']=[(S,'+ 6 = 0',lambda x:z(x**2-5*x+6),r),(T,'{ou}',lambda x:x in(2,3),r),(T,'9',lambda x:x**2==9,b2),(T,'5x - 6',lambda x:x**2==5*x-6,r),(F,'2x - 1',lambda x:2*x-1==5,r,b2)]
g=lambda x:2*x if x>=0 else x
C['040']=[(T,'8',lambda:g(4)==8,ONE),(T,'g(-4)',lambda:g(-4)==-4,ONE),(T,'= x',lambda x:eq(g(x)-x,x),nonneg),(T,'= 0',lambda x:z(g(x)-x),neg),(F,'g(-x)',lambda x:eq(g(-x),-g(x)),reals,P(0)),(T,'g(2x)',lambda x:eq(g(2*x),2*g(x)),reals)]

bad=[];cnt=dict(S=0,D=0,T=0,F=0)
rows={r['file']:r['line'] for r in csv.DictReader(open('oracle.csv'))}
files=sorted(glob.glob('true/*.md')+glob.glob('false/*.md'))
if set(rows)!=set(files) or len(files)!=40: bad.append('csv/files mismatch')
for fn in files:
    L_=open(fn,encoding='utf-8').read().rstrip('\n').split('\n')
    if not 6<=len(L_)<=25: bad.append((fn,'length',len(L_)))
    disp=[(i+1,t) for i,t in enumerate(L_) if t.startswith('$$')]
    if any('$$' in t and not(t.startswith('$$') and t.endswith('$$') and t.count('$$')==2) for t in L_): bad.append((fn,'format'))
    ent=C[os.path.basename(fn)[:3]]
    if len(disp)>6 or len(disp)!=len(ent): bad.append((fn,'displays',len(disp),len(ent))); continue
    fl=[]
    for (no,t),en in zip(disp,ent):
        tag,frag=en[:2]; cnt[tag]+=1
        if frag not in t: bad.append((fn,no,'fragment',frag,t))
        if tag=='D': continue
        if not en[3]: bad.append((fn,no,'no points'))
        res=[bool(en[2](*pt)) for pt in en[3]]
        if tag in 'ST' and not all(res): bad.append((fn,no,tag,t,[p for p,r_ in zip(en[3],res) if not r_][:3]))
        if tag=='F':
            fl.append(no)
            if all(res): bad.append((fn,no,'not false',t))
            if len(en)>4 and not(en[4] and all(en[2](*pt) for pt in en[4])): bad.append((fn,no,'careless reading does not hold',t))
    want=[int(rows[fn])] if rows.get(fn) else []
    if fl!=want or len(fl)!=fn.startswith('false'): bad.append((fn,'csv line',fl,want))
for b in bad: print('DISAGREE',b)
print(len(files),'documents:',sum(f.startswith('true') for f in files),'true,',sum(f.startswith('false') for f in files),'false; displays:',cnt['T'],'true claims,',cnt['F'],'false claims,',cnt['S'],'supposed/to solve,',cnt['D'],'definitions;',len(bad),'disagreements')
sys.exit(1 if bad else 0)
