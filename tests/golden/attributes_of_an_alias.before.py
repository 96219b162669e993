"""The code did not import torch, so the import of functorch becomes one of torch."""
import functorch as ft, os

print(ft.vjp(f, x))


def later():
    from functorch import experimental as fe
    return fe.functionalize(f)
