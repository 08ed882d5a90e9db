package io.novacron.hde.qemu.memory;

import io.novacron.hde.qemu.monitor.Monitor;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.function.UnaryOperator;

/** Answers as a QEMU did when {@code record-monitor} asked it; what was not asked then has no answer. */
final class RecordedMonitor implements Monitor {
    private static final String PROMPT = "(qemu) ";

    private final Map<String, String> answers;

    private RecordedMonitor(Map<String, String> answers) {
        this.answers = answers;
    }

    static RecordedMonitor of(String version, String machine) throws IOException {
        Map<String, String> answers = new HashMap<>();
        for (String part : resource(version, machine + ".monitor").split("(?m)^\\(qemu\\) ", -1)) {
            int end = part.indexOf('\n');
            if (end >= 0) {
                answers.put(part.substring(0, end), part.substring(end + 1));
            }
        }
        return new RecordedMonitor(answers);
    }

    /** One that knows these answers. */
    static RecordedMonitor of(Map<String, String> answers) {
        return new RecordedMonitor(answers);
    }

    /** The same with another answer to one command. */
    RecordedMonitor with(String command, UnaryOperator<String> change) {
        Map<String, String> changed = new HashMap<>(answers);
        changed.compute(command, (key, answer) -> change.apply(answer));
        return new RecordedMonitor(changed);
    }

    static AddressSpace maps(String version, String machine) throws IOException {
        return AddressSpace.parse(resource(version, machine + ".maps"));
    }

    private static String resource(String version, String name) throws IOException {
        try (InputStream in = RecordedMonitor.class.getResourceAsStream("/monitor/" + version + "/" + name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Override
    public String human(String command) throws IOException {
        String answer = answers.get(command);
        if (answer == null) {
            throw new IOException(PROMPT + command + " was not recorded");
        }
        return answer;
    }

    @Override
    public String qmp(String command) throws IOException {
        return human(command);
    }

    @Override
    public void close() {}
}
