"""Names that go to several modules take their lines and comments along."""

from functorch import (  # what we need
    vjp,  # products
    grad,
    # for the graphs
    make_fx as trace,
    hessian, jacrev,  # second order
    # and more
)
from functorch import (vmap,
                       make_fx)  # noqa: F401

vjp(f, x), grad(f), trace(f), hessian(f), jacrev(f), vmap(f), make_fx(f)
