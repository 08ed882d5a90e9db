package io.novacron.hde.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.yaml.snakeyaml.error.MarkedYAMLException;

/** A YAML file of nested sections and single values, each with its line. */
final class ConfigFile {
    private static final long LARGEST = 1 << 20;

    private final String name;
    private final List<String> problems;

    private ConfigFile(String name, List<String> problems) {
        this.name = name;
        this.problems = problems;
    }

    sealed interface Node permits Value, Section {
        int line();
    }

    /** @param text as written, without quotes */
    record Value(int line, String text) implements Node {}

    record Section(int line, Map<String, Node> children) implements Node {}

    /**
     * Reads a file; what is wrong with it is added to the problems, and what could be read is returned.
     *
     * @param problems lines of the form {@code FILE:LINE: reason}
     */
    static Section read(Path path, List<String> problems) {
        String text;
        try {
            if (Files.size(path) > LARGEST) {
                problems.add(path + ": larger than 1 MiB: not a configuration");
                return empty();
            }
            text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(Files.readAllBytes(path)))
                    .toString();
        } catch (NoSuchFileException e) {
            problems.add(path + ": there is no such file; 'hde config sample' prints one to begin with");
            return empty();
        } catch (CharacterCodingException e) {
            problems.add(path + ": not UTF-8 text");
            return empty();
        } catch (IOException e) {
            problems.add(path + ": cannot be read: " + e);
            return empty();
        }
        return read(text, path.toString(), problems);
    }

    /** @param name for the problems, in place of a file's */
    static Section read(String text, String name, List<String> problems) {
        return new ConfigFile(name, problems).parse(text);
    }

    private static Section empty() {
        return new Section(1, Map.of());
    }

    private Section parse(String text) {
        Section root = new Section(1, new LinkedHashMap<>());
        try (YAMLParser parser = new YAMLFactory().createParser(text)) {
            JsonToken first = parser.nextToken();
            if (first == null || isNothing(parser, first)) {
                return root;
            }
            if (first != JsonToken.START_OBJECT) {
                problem(line(parser), "expected options, as 'tunnel:' with 'listen: ...' below it");
                return root;
            }
            children(parser, "", root.children());
            if (parser.nextToken() != null) {
                problem(line(parser), "a second document begins here; one is allowed");
            }
        } catch (JsonProcessingException e) {
            malformed(e);
        } catch (IOException e) {
            problems.add(name + ": " + e);
        }
        return root;
    }

    private void children(YAMLParser parser, String prefix, Map<String, Node> into) throws IOException {
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            int line = line(parser);
            String key = parser.currentName();
            String path = prefix + key;
            parser.nextToken();
            Node node = node(parser, path, line);
            Node before = into.putIfAbsent(key, node);
            if (before != null) {
                problem(line, path + ": given twice, first in line " + before.line());
            }
        }
    }

    private Node node(YAMLParser parser, String path, int line) throws IOException {
        if (parser.isCurrentAlias()) {
            problem(line, path + ": aliases (*) are not allowed");
        }
        JsonToken token = parser.currentToken();
        if (token == JsonToken.START_OBJECT) {
            Section section = new Section(line, new LinkedHashMap<>());
            children(parser, path + ".", section.children());
            return section;
        }
        if (token == JsonToken.START_ARRAY) {
            problem(line, path + ": a list; a single value is allowed (put addresses with [ ] in quotes)");
            parser.skipChildren();
            return new Section(line, Map.of());
        }
        return isNothing(parser, token) ? new Section(line, Map.of()) : new Value(line, parser.getText());
    }

    /** Nothing behind the colon: an empty section, as in a file where all options of a section are commented out. */
    private static boolean isNothing(YAMLParser parser, JsonToken token) throws IOException {
        return token == JsonToken.VALUE_NULL || (token == JsonToken.VALUE_STRING && parser.getTextLength() == 0);
    }

    private void malformed(JsonProcessingException e) {
        if (e.getCause() instanceof MarkedYAMLException marked && marked.getProblemMark() != null) {
            problem(marked.getProblemMark().getLine() + 1, "not YAML: " + oneLine(marked.getProblem()));
        } else {
            int line = e.getLocation() == null ? 1 : Math.max(1, e.getLocation().getLineNr());
            problem(line, "not YAML: " + oneLine(e.getOriginalMessage()));
        }
    }

    private static String oneLine(String message) {
        return String.valueOf(message).strip().replaceAll("\\s*\\R\\s*", "; ");
    }

    private static int line(YAMLParser parser) {
        return parser.currentTokenLocation().getLineNr();
    }

    private void problem(int line, String reason) {
        problems.add(name + ":" + line + ": " + reason.replaceAll("\\p{Cntrl}", "?"));
    }
}
