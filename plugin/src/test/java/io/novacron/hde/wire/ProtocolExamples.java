package io.novacron.hde.wire;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The examples in {@code docs/protocol.md}: what is promised there is what the code does. */
public final class ProtocolExamples {
    private static final Pattern EXAMPLE =
            Pattern.compile("<!-- example: ([a-z-]+) -->\\n```\\n([0-9a-f \\n]+)\\n```\\n");

    private ProtocolExamples() {}

    /** Bytes by the name of the example. */
    public static Map<String, byte[]> read() throws IOException {
        String text = Files.readString(Path.of("..", "docs", "protocol.md"));
        Map<String, byte[]> examples = new LinkedHashMap<>();
        Matcher matcher = EXAMPLE.matcher(text);
        while (matcher.find()) {
            examples.put(
                    matcher.group(1), HexFormat.of().parseHex(matcher.group(2).replaceAll("\\s", "")));
        }
        return examples;
    }
}
