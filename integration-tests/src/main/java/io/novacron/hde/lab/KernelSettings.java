package io.novacron.hde.lab;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** Settings of the machine's kernel that all hosts of the lab share: what was changed is as it was after {@link #close}. */
final class KernelSettings implements AutoCloseable {
    private static final Path DIRECTORY = Path.of("/proc/sys");

    private final Map<String, String> before = new LinkedHashMap<>();

    /** What it is now, of a setting such as {@code vm/nr_hugepages}. */
    String get(String name) {
        // such a file says everything at the first read and nothing at the next
        byte[] value = new byte[4096];
        try (InputStream file = Files.newInputStream(DIRECTORY.resolve(name))) {
            int length = Math.max(0, file.read(value));
            return new String(value, 0, length, StandardCharsets.US_ASCII).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void set(String name, String value) {
        before.putIfAbsent(name, get(name));
        write(name, value);
    }

    private static void write(String name, String value) {
        try {
            Files.writeString(DIRECTORY.resolve(name), value);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        before.forEach(KernelSettings::write);
        before.clear();
    }
}
