package io.novacron.hde.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Huge pages of 2 MiB that this machine has for those who ask, as many more as a test needs; closing gives them back. */
final class HugePages implements AutoCloseable {
    private static final Path POOL = Path.of("/sys/kernel/mm/hugepages/hugepages-2048kB");

    private final long before;

    private HugePages(long before) {
        this.before = before;
    }

    static HugePages reserve(int pages) throws IOException {
        HugePages huge = new HugePages(number("nr_hugepages"));
        set(huge.before + pages);
        if (number("nr_hugepages") < huge.before + pages) {
            huge.close();
            throw new LabException("lab: this machine has no " + pages + " huge pages of 2 MiB to spare");
        }
        return huge;
    }

    /** How many nobody has. */
    long free() throws IOException {
        return number("free_hugepages");
    }

    private static long number(String file) throws IOException {
        return Long.parseLong(Files.readString(POOL.resolve(file)).strip());
    }

    private static void set(long pages) throws IOException {
        Files.writeString(POOL.resolve("nr_hugepages"), Long.toString(pages));
    }

    @Override
    public void close() {
        try {
            set(before);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
