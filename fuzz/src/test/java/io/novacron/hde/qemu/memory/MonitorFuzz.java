package io.novacron.hde.qemu.memory;

import io.novacron.hde.fuzz.Bounded;
import io.novacron.hde.fuzz.Documents;
import io.novacron.hde.fuzz.Input;
import io.novacron.hde.qemu.monitor.Monitor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Whatever QEMU's monitor says of the guest's memory, the blocks that are found have a name and whole pages, or there is an
 * IOException. Input: u16 bytes of what {@code info ramblock} prints, and it; the same of {@code info mtree -f}; what
 * {@code gpa2hva} prints, whatever address it is asked for.
 */
public final class MonitorFuzz {
    private static final int PAGE_SIZE = 4096;
    private static final int MOST = 12 << 10;

    private MonitorFuzz() {}

    public static void fuzzerTestOneInput(byte[] bytes) {
        Input input = new Input(bytes);
        String blocks = text(input.take(input.u16()));
        String views = text(input.take(input.u16()));
        String address = text(input.rest());
        Bounded.run(1024L * bytes.length, () -> find(new Answers(blocks, views, address)));
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static void find(Monitor monitor) {
        try {
            for (GuestBlock block : new BlockFinder(monitor).find()) {
                if (block.name().isBlank() || block.length() <= 0 || block.length() % PAGE_SIZE != 0) {
                    throw new AssertionError("no block: " + block);
                }
            }
        } catch (IOException e) {
            if (e.getMessage().isEmpty()) {
                throw new AssertionError("nothing is said", e);
            }
        }
    }

    /** What was recorded of real QEMUs, as far as it fits. */
    public static Map<String, byte[]> seeds() throws IOException {
        Map<String, byte[]> seeds = new LinkedHashMap<>();
        Documents.monitors(".monitor").forEach((name, recorded) -> {
            String[] answers = text(recorded).split("(?m)^\\(qemu\\) .*\\n", -1);
            byte[] views =
                    answers[2].substring(answers[2].indexOf(" AS \"memory\"")).getBytes(StandardCharsets.UTF_8);
            seeds.put(
                    name,
                    Input.of(
                            Input.sized(answers[1].getBytes(StandardCharsets.UTF_8)),
                            Input.sized(Input.first(views, MOST)),
                            answers[3].getBytes(StandardCharsets.UTF_8)));
        });
        return seeds;
    }

    /** A monitor that gives these answers. */
    private record Answers(String blocks, String views, String address) implements Monitor {
        @Override
        public String human(String command) {
            return switch (command) {
                case "info ramblock" -> blocks;
                case "info mtree -f" -> views;
                default -> address;
            };
        }

        @Override
        public String qmp(String command) throws IOException {
            throw new IOException("not asked for");
        }

        @Override
        public void close() {}
    }
}
