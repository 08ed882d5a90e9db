package io.novacron.hde.delta;

class ZstdReferenceDeltaTest extends DeltaAlgorithmContract {
    @Override
    DeltaAlgorithms algorithm() {
        return DeltaAlgorithms.ZSTD;
    }
}
