"""Names of functorch.compile and functorch._src, and the modules that are needed for them."""
import functorch.compile
import functorch._src.vmap as internal
from functorch._src import eager_transforms
from functorch._src.make_functional import extract_weights
from functorch.compile import aot_function, config, nop
from functorch.experimental.control_flow import cond
from functorch.experimental.ops import HigherOrderOperator
import torch

functorch.compile.memory_efficient_fusion(f, static_argnums=0)
functorch.compile.config.use_fake_tensor = True
aot_function(functorch.vjp(f, x), nop)
internal.unwrap(x), eager_transforms.y(), extract_weights(m), config.a(), cond(), HigherOrderOperator()
