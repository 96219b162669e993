"""What differs between releases of torch: for each breakpoint its range, its reason and its source.

A constant may go, with all that depends on it, once the oldest supported torch is beyond its range.
"""

from __future__ import annotations

from torch.torch_version import __version__ as torch_version

# Breakpoint: https://github.com/pytorch/pytorch/pull/177596
# Before torch 2.12 a transform inside torch.inference_mode() gives zeros or raises.
INFERENCE_MODE_REACHES_INSIDE = torch_version < "2.12"

# Breakpoint: https://github.com/pytorch/pytorch/pull/119405
# Before torch 2.3 dynamo cannot trace the transforms, and gives them back to the interpreter.
DYNAMO_TRACES_TRANSFORMS = torch_version >= "2.3"

# Breakpoint: https://github.com/pytorch/pytorch/pull/142014
# Before torch 2.6 dynamo cannot pass a closure to functools.wraps, but can trace a partial instead.
DYNAMO_WRAPS_CLOSURES = torch_version >= "2.6"

# Breakpoint: https://github.com/pytorch/pytorch/pull/106277
# Torch 2.0 has no TracingContext.extract_stack, and does not tell what line dynamo is tracing.
DYNAMO_TELLS_ITS_STACK = torch_version >= "2.1"

# Breakpoint: https://github.com/pytorch/pytorch/pull/112111
# Before torch 2.2 the function that registers a pytree node had a private name, deprecated since.
PYTREE_REGISTRATION_IS_PUBLIC = torch_version >= "2.2"

# Breakpoint: https://github.com/pytorch/pytorch/pull/143186
# Before torch 2.6 there is no torch.accelerator, which tells of devices other than CUDA.
HAS_ACCELERATOR_API = torch_version >= "2.6"
