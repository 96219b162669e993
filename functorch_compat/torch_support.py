"""Lists the breakpoints between releases of torch: for each its range, its reason and its source.

When the oldest supported torch is beyond the range of a constant, delete the constant and all code
that depends on it.
"""

from __future__ import annotations

from torch.torch_version import __version__ as torch_version

# Breakpoint: https://github.com/pytorch/pytorch/pull/177596
# Before torch 2.12 a transform inside torch.inference_mode() gives zeros or raises.
INFERENCE_MODE_REACHES_INSIDE = torch_version < "2.12"

# Breakpoint: https://github.com/pytorch/pytorch/pull/119405
# Before torch 2.3 Dynamo cannot trace the transforms, so Python runs them.
DYNAMO_TRACES_TRANSFORMS = torch_version >= "2.3"

# Breakpoint: https://github.com/pytorch/pytorch/pull/142014
# Before torch 2.6 Dynamo cannot pass a closure to functools.wraps. It can trace a partial instead.
DYNAMO_WRAPS_CLOSURES = torch_version >= "2.6"

# Breakpoint: https://github.com/pytorch/pytorch/pull/106277
# Torch 2.0 has no TracingContext.extract_stack, and no other way to ask which line Dynamo traces.
DYNAMO_TELLS_ITS_STACK = torch_version >= "2.1"

# Breakpoint: https://github.com/pytorch/pytorch/pull/112111
# Before torch 2.2 the function that registers a pytree node had a private name, now deprecated.
PYTREE_REGISTRATION_IS_PUBLIC = torch_version >= "2.2"

# Breakpoint: https://github.com/pytorch/pytorch/pull/143186
# Torch has torch.accelerator, which lists devices other than CUDA, from 2.6 on.
HAS_ACCELERATOR_API = torch_version >= "2.6"
