"""Where another package may have the name, a rewrite would take it away."""

try:
    import functorch
except ImportError:
    import mylib as functorch

_, vjp_fn = functorch.vjp(torch.sin, x)
