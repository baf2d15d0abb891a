"""The machine that a benchmark runs on, as its tables name it."""

from threadpoolctl import threadpool_info


def blas_kernels() -> list[str]:
    """The instruction sets for which OpenBLAS chose its kernels in this process, such as ``SkylakeX`` or ``Haswell``.

    Matrix products of two machines or two runs compare only with the same kernels: ``OPENBLAS_CORETYPE`` in the
    environment may select slower ones.
    """
    return sorted({str(pool.get("architecture")) for pool in threadpool_info() if pool["internal_api"] == "openblas"})
