package io.novacron.hde.deb;

import io.novacron.hde.cli.HdeCommand;
import io.novacron.hde.config.ConfigText;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;
import picocli.AutoComplete;
import picocli.CommandLine;

/** Writes the files of the package that are made from the program. */
public final class PackageFiles {
    /** Place and value in the header, RFC 1952. */
    private static final int EXTRA_FLAGS = 8;

    private static final byte SLOWEST = 2;

    private final String version;
    private final Path directory;

    private PackageFiles(String version, Path directory) {
        this.version = version;
        this.directory = directory;
    }

    /** Takes the version, the directory of the documents that are delivered as they are, and the one to write into. */
    public static void main(String[] arguments) throws IOException {
        String version = arguments[0].replace("-SNAPSHOT", "~snapshot");
        new PackageFiles(version, Path.of(arguments[2])).write(Path.of(arguments[1]));
    }

    private void write(Path documents) throws IOException {
        CommandLine hde = new HdeCommand(config -> 0).commandLine();
        plain("hde.yaml", ConfigText.sample());
        plain("completion", withoutFirstLine(AutoComplete.bash("hde", hde)));
        manual(hde);
        packed(
                "man5/hde.yaml.5.gz",
                ManualPage.of("hde.yaml", 5, version, "configuration of HDE's agent")
                        .section("Description")
                        .paragraph(
                                "The agent reads /etc/hde/hde.yaml when it starts. The file that the package brings, below, "
                                        + "holds every option with its default, commented out.")
                        .section("Options")
                        .verbatim(ConfigText.sample())
                        .section("See also")
                        .paragraph("hde-config(1), hde-agent(1)")
                        .text());
        plain("doc/copyright", Files.readString(documents.resolve("copyright")));
        packed(
                "doc/changelog.gz",
                Files.readString(documents.resolve("changelog")).replace("@version@", version));
    }

    /** It names an interpreter, but the file is sourced. */
    private static String withoutFirstLine(String script) {
        return script.substring(script.indexOf('\n') + 1);
    }

    private void manual(CommandLine command) throws IOException {
        String name = CommandManual.name(command);
        packed("man1/" + name + ".1.gz", CommandManual.of(command, version));
        for (CommandLine subcommand : command.getSubcommands().values()) {
            manual(subcommand);
        }
    }

    private void plain(String name, String text) throws IOException {
        Path file = directory.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private void packed(String name, String text) throws IOException {
        Path file = directory.resolve(name);
        Files.createDirectories(file.getParent());
        Files.write(file, gzip(text.getBytes(StandardCharsets.UTF_8)));
    }

    /** As Debian's policy wants what is compressed: as well as can be, and with a header that says so. */
    private static byte[] gzip(byte[] bytes) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (OutputStream gzip = new BestGzip(packed)) {
            gzip.write(bytes);
        }
        byte[] file = packed.toByteArray();
        file[EXTRA_FLAGS] = SLOWEST;
        return file;
    }

    private static final class BestGzip extends GZIPOutputStream {
        BestGzip(OutputStream out) throws IOException {
            super(out);
            def.setLevel(Deflater.BEST_COMPRESSION);
        }
    }
}
