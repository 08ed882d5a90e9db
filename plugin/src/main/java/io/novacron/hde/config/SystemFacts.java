package io.novacron.hde.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What defaults are made of.
 *
 * @param hostName up to its first dot
 * @param cores processors
 */
record SystemFacts(String hostName, int cores) {
    static SystemFacts ofThisHost() {
        return new SystemFacts(kernelHostName(), Runtime.getRuntime().availableProcessors());
    }

    /** From the kernel: Java's own way asks name servers, and waits for them. */
    private static String kernelHostName() {
        try {
            String name = Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
            int dot = name.indexOf('.');
            return dot < 0 ? name : name.substring(0, dot);
        } catch (IOException e) {
            return "";
        }
    }
}
