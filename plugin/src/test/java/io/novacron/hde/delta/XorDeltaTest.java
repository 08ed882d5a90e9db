package io.novacron.hde.delta;

class XorDeltaTest extends DeltaAlgorithmContract {
    @Override
    DeltaAlgorithms algorithm() {
        return DeltaAlgorithms.XOR;
    }
}
