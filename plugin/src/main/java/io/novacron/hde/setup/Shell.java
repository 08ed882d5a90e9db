package io.novacron.hde.setup;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** Runs commands on one host, as root. */
final class Shell {
    private static final Pattern NEEDS_NO_QUOTES = Pattern.compile("[A-Za-z0-9_@%+=:,./-]+");

    private final String host;
    private final List<String> prefix;

    private Shell(String host, List<String> prefix) {
        this.host = host;
        this.prefix = prefix;
    }

    /** This host's. */
    static Shell here() {
        return new Shell("this host", List.of("sh", "-c"));
    }

    /**
     * Another host's, by ssh.
     *
     * @param target USER@HOST or HOST
     * @param options of ssh, each as {@code -o} takes it
     */
    static Shell over(String target, int port, List<String> options) {
        List<String> prefix = new ArrayList<>(List.of("ssh", "-p", Integer.toString(port)));
        options.forEach(option -> prefix.addAll(List.of("-o", option)));
        // a host's name is not taken for an option
        prefix.addAll(List.of("--", target));
        return new Shell(target, prefix);
    }

    /** Ends a connection that ssh keeps for further commands. */
    void end() throws SetupException {
        if (!prefix.get(0).equals("ssh")) {
            return;
        }
        List<String> line = new ArrayList<>(prefix);
        line.addAll(1, List.of("-O", "exit"));
        try {
            // it says so on stderr, and there may be none
            new ProcessBuilder(line)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start()
                    .waitFor();
        } catch (IOException e) {
            throw new SetupException(host + ": cannot run ssh: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SetupException("interrupted", e);
        }
    }

    /** How it ended and what it printed. */
    record Result(int status, String out, String err) {
        boolean ok() {
            return status == 0;
        }
    }

    /** A word for a shell, whatever it holds. */
    static String word(String any) {
        return NEEDS_NO_QUOTES.matcher(any).matches() ? any : "'" + any.replace("'", "'\\''") + "'";
    }

    /** @param input what the command reads */
    Result tryRun(String command, String input) throws SetupException {
        List<String> line = new ArrayList<>(prefix);
        line.add(command);
        try {
            // a file: ssh's connection that is kept holds on to stderr, and a pipe would not end before it
            Path errors = Files.createTempFile("hde-setup", ".err");
            try {
                Process process =
                        new ProcessBuilder(line).redirectError(errors.toFile()).start();
                try (OutputStream to = process.getOutputStream()) {
                    to.write(input.getBytes(StandardCharsets.UTF_8));
                } catch (IOException e) {
                    // it has ended without reading: its status says how
                }
                String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                int status = process.waitFor();
                return new Result(
                        status,
                        out,
                        Files.readString(errors, StandardCharsets.ISO_8859_1).strip());
            } finally {
                Files.delete(errors);
            }
        } catch (IOException e) {
            throw new SetupException(host + ": cannot run " + line.get(0) + ": " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SetupException("interrupted", e);
        }
    }

    /** Runs what must succeed. */
    String run(String command, String input) throws SetupException {
        Result result = tryRun(command, input);
        if (!result.ok()) {
            String why = result.err().isEmpty() ? "exit status " + result.status() : result.err();
            throw new SetupException(host + ": " + why.replaceAll("\\s*\\R\\s*", "; "));
        }
        return result.out();
    }

    String run(String command) throws SetupException {
        return run(command, "");
    }
}
