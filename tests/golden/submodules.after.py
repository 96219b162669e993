"""Names of functorch.compile and functorch._src, and the modules that are needed for them."""
import torch._functorch.config
from torch._functorch.compilers import memory_efficient_fusion
import torch._functorch.vmap as internal
from torch._functorch import eager_transforms
from torch._functorch.make_functional import extract_weights
from torch._functorch import config
from torch._functorch.aot_autograd import aot_function
from torch._functorch.compilers import nop
from torch import cond
from torch._ops import HigherOrderOperator
import torch

memory_efficient_fusion(f, static_argnums=0)
torch._functorch.config.use_fake_tensor = True
aot_function(torch.func.vjp(f, x), nop)
internal.unwrap(x), eager_transforms.y(), extract_weights(m), config.a(), cond(), HigherOrderOperator()
