package io.novacron.hde.control;

import java.util.List;

/**
 * Whether migrations over TCP go through the agent without being told to.
 *
 * @param on whether the rule is set
 * @param port where it sends connections to
 * @param targets what it sends there
 */
public record TransparentReport(boolean on, int port, List<Target> targets) {
    public TransparentReport {
        targets = List.copyOf(targets);
    }

    /**
     * What is redirected.
     *
     * @param peer the host
     * @param address of it
     * @param ports as two numbers with a hyphen
     */
    public record Target(String peer, String address, String ports) {}
}
