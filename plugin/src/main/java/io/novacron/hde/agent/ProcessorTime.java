package io.novacron.hde.agent;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/** What this process has taken of the processors. */
final class ProcessorTime {
    private static final OperatingSystemMXBean SYSTEM =
            ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

    private ProcessorTime() {}

    /** Nanoseconds, of all threads together, since it began. */
    static long nanos() {
        return SYSTEM.getProcessCpuTime();
    }
}
