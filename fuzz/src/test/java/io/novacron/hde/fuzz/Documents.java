package io.novacron.hde.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Seeds from what is in the repository: the examples of the documents, the recorded streams. */
public final class Documents {
    private static final Path ROOT = Path.of(System.getProperty("fuzz.project", ".."));
    private static final Pattern EXAMPLE =
            Pattern.compile("(?:<!-- example: ([a-z-]+) -->\\n```|```hex ([a-z]+))\\n([0-9a-f \\n]+)\\n?```\\n");

    private Documents() {}

    /** Bytes by the name of the example. */
    public static Map<String, byte[]> examples(String document) throws IOException {
        Map<String, byte[]> examples = new LinkedHashMap<>();
        Matcher matcher = EXAMPLE.matcher(Files.readString(ROOT.resolve("docs").resolve(document)));
        while (matcher.find()) {
            String name = matcher.group(1) == null ? matcher.group(2) : matcher.group(1);
            examples.put(name, HexFormat.of().parseHex(matcher.group(3).replaceAll("\\s", "")));
        }
        return examples;
    }

    /** The recorded streams whose file ends so, packed by zstd, by file. */
    public static Map<String, byte[]> recordings(String ending) throws IOException {
        return recorded("streams", ending);
    }

    /** The same of NBD. */
    public static Map<String, byte[]> conversations(String ending) throws IOException {
        return recorded("nbd", ending);
    }

    /** The same of what monitors said. */
    public static Map<String, byte[]> monitors(String ending) throws IOException {
        return recorded("monitor", ending);
    }

    private static Map<String, byte[]> recorded(String directory, String ending) throws IOException {
        Path streams = ROOT.resolve("qemu-bridge/src/test/resources").resolve(directory);
        Map<String, byte[]> recordings = new LinkedHashMap<>();
        try (Stream<Path> files = Files.walk(streams)) {
            for (Path file : files.filter(each -> each.toString().endsWith(ending))
                    .sorted()
                    .toList()) {
                recordings.put(streams.relativize(file).toString().replace('/', '-'), Files.readAllBytes(file));
            }
        }
        return recordings;
    }
}
