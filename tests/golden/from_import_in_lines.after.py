"""Names that go to several modules take their lines and comments along."""

from torch.func import (  # what we need
    vjp,  # products
    grad,
    hessian, jacrev,  # second order
    # and more
)
from torch.fx.experimental.proxy_tensor import (
    # for the graphs
    make_fx as trace,
)
from torch.func import vmap  # noqa: F401
from torch.fx.experimental.proxy_tensor import make_fx  # noqa: F401

vjp(f, x), grad(f), trace(f), hessian(f), jacrev(f), vmap(f), make_fx(f)
