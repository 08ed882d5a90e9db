package io.novacron.hde.channel;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/** How much of the host's processors an agent may use at the moment. */
public final class SpareProcessors {
    /** However busy the others are: this process gets its share. */
    private static final double LEAST = 0.5;

    private final OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    private final double maxUtilization;

    /** @param maxUtilization share of all processors, 0 to 1, beyond which they are left to others */
    public SpareProcessors(double maxUtilization) {
        this.maxUtilization = maxUtilization;
    }

    /** Processors that others do not use, below the limit; what this process uses is its own. */
    double count() {
        int processors = system.getAvailableProcessors();
        double all = system.getCpuLoad();
        double own = system.getProcessCpuLoad();
        if (all < 0 || own < 0) {
            return Math.max(LEAST, processors * maxUtilization);
        }
        return Math.max(LEAST, processors * (maxUtilization - Math.max(0, all - own)));
    }
}
