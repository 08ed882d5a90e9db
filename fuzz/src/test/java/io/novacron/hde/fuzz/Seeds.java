package io.novacron.hde.fuzz;

import java.util.Map;

/** Makes what a fuzzer begins with: well-formed input, by name. */
@FunctionalInterface
public interface Seeds {
    Map<String, byte[]> make() throws Exception;
}
