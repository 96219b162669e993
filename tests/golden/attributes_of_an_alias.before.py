"""The import becomes one of torch, where there was none."""
import functorch as ft, os

print(ft.vjp(f, x))


def later():
    from functorch import experimental as fe
    return fe.functionalize(f)
