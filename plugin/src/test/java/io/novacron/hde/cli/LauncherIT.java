package io.novacron.hde.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.novacron.hde.tunnel.TestPki;
import io.novacron.hde.tunnel.TlsFiles;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher and the runnable jar, as they are installed: side by side. */
class LauncherIT {
    private static final Path JAR = Path.of("target/hde.jar").toAbsolutePath();

    private record Result(int status, String out, String err) {}

    @TempDir
    private Path directory;

    private Path libraries;

    @BeforeEach
    void install() throws IOException {
        libraries = directory.resolve("tmp");
        Files.copy(Path.of("src/main/dist/bin/hde"), directory.resolve("hde"), StandardCopyOption.COPY_ATTRIBUTES);
        Files.createSymbolicLink(directory.resolve("hde.jar"), JAR);
        Files.createDirectory(directory.resolve("bin"));
        Files.createSymbolicLink(directory.resolve("bin/hde"), directory.resolve("hde"));
    }

    private Result run(Path launcher, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(launcher.toString()));
        command.addAll(List.of(arguments));
        return run(command.toArray(String[]::new));
    }

    private Result run(String... command) throws IOException, InterruptedException {
        Path out = directory.resolve("out");
        Path err = directory.resolve("err");
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
        builder.environment().put("HDE_TMP", libraries.toString());
        builder.environment().put("TMPDIR", directory.toString());
        builder.environment().put("LC_ALL", "C");
        int status = builder.start().waitFor();
        return new Result(status, Files.readString(out), Files.readString(err));
    }

    @Test
    void startsFromWhereverItIsLinked() throws Exception {
        Result result = run(directory.resolve("bin/hde"), "--version");
        assertThat(result.err()).isEmpty();
        assertThat(result.status()).isZero();
        assertThat(result.out()).startsWith("hde ").doesNotContain("development");
    }

    @Test
    void aWrongCommandLineIsStatusTwo() throws Exception {
        assertThat(run(directory.resolve("hde"), "nonsense"))
                .isEqualTo(new Result(2, "", "hde: Unmatched argument at index 0: 'nonsense'; see 'hde --help'\n"));
    }

    @Test
    void anAgentWithoutConfigurationSaysWhichFileIsMissing() throws Exception {
        Path missing = directory.resolve("none.yaml");
        assertThat(run(directory.resolve("hde"), "agent", "--config", missing.toString()))
                .isEqualTo(new Result(
                        2,
                        "",
                        "hde: " + missing + ": there is no such file; 'hde config sample' prints one to begin with\n"));
        assertThat(directory.resolve("tmp")).isDirectory();
    }

    @Test
    void whereLibrariesCannotBeUnpackedAnotherDirectoryIsTaken() throws Exception {
        libraries = Path.of("/proc/none");
        Path missing = directory.resolve("none.yaml");
        Result result = run(directory.resolve("hde"), "agent", "--config", missing.toString());
        assertThat(result.err())
                .startsWith("hde: cannot write to /proc/none; unpacking native libraries in " + directory + "/")
                .contains("none.yaml: there is no such file");
        assertThat(result.status()).isEqualTo(2);
    }

    @Test
    void anAgentMapsItsClassesFromAnArchiveThatFits() throws Exception {
        Path config = agentConfig();
        assertThat(mapped(config)).hasSize(1);
        Path archive = archives().get(0);
        assertThat(mapped(config)).as("when there is one already").containsExactly(archive);

        byte[] bytes = Files.readAllBytes(archive);
        Files.delete(archive);
        Files.write(archive, Arrays.copyOf(bytes, bytes.length / 2));
        assertThat(mapped(config)).as("after it has been cut short").isEqualTo(archives());
        assertThat(archives())
                .singleElement()
                .satisfies(made -> assertThat(made)
                        .isRegularFile()
                        .extracting(Path::toFile)
                        .satisfies(file -> assertThat(file.length()).isGreaterThan(bytes.length / 2)));

        Path made = archives().get(0);
        byte[] spoiled = Files.readAllBytes(made);
        for (int at = 0; at < spoiled.length; at += 1 << 16) {
            spoiled[at]++;
        }
        Files.delete(made);
        Files.write(made, spoiled);
        assertThat(mapped(config)).as("after it has been damaged").isEmpty();
    }

    @Test
    void aRehearsalLeavesNothing() throws Exception {
        Result result = run(directory.resolve("hde"), "rehearse", "--config=" + agentConfig());
        assertThat(result).isEqualTo(new Result(0, "", ""));
        try (Stream<Path> left = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            assertThat(left.filter(file -> file.getFileName().toString().startsWith("rehearsal-")))
                    .isEmpty();
        }
        assertThat(directory.resolve("store")).doesNotExist();
    }

    private Path agentConfig() throws IOException, GeneralSecurityException {
        TlsFiles files =
                new TestPki(directory.resolve("pki"), "authority").host("a").files();
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        return Files.writeString(directory.resolve("hde.yaml"), """
                host: {name: a}
                peers: {b: {address: 127.0.0.1}}
                libvirt: {uri: 'test:///default'}
                warm-up: false
                sockets: {directory: %s/run}
                store: {directory: %s/store, min-free: 1MiB}
                tunnel: {listen: '127.0.0.1:%d', ca: %s, certificate: %s, key: %s, client-certificate: %s, client-key: %s}
                """.formatted(
                        directory,
                        directory,
                        port,
                        files.ca(),
                        files.certificate(),
                        files.key(),
                        files.clientCertificate(),
                        files.clientKey()));
    }

    private List<Path> archives() throws IOException {
        try (Stream<Path> files = Files.list(libraries)) {
            return files.filter(file -> file.getFileName().toString().startsWith("classes-"))
                    .toList();
        }
    }

    /** The archives that an agent has mapped when it listens. */
    private List<Path> mapped(Path config) throws IOException, InterruptedException {
        Path out = directory.resolve("agent.log");
        ProcessBuilder builder = new ProcessBuilder(
                        directory.resolve("hde").toString(), "agent", "--config", config.toString())
                .redirectErrorStream(true)
                .redirectOutput(out.toFile());
        builder.environment().put("HDE_TMP", libraries.toString());
        Process agent = builder.start();
        try {
            while (!Files.readString(out).contains("listening for tunnels")) {
                assertThat(agent.isAlive()).as(Files.readString(out)).isTrue();
                Thread.sleep(50);
            }
            try (Stream<String> maps = Files.lines(Path.of("/proc/" + agent.pid() + "/maps"))) {
                return maps.filter(line -> line.contains(libraries + "/classes-"))
                        .map(line -> Path.of(line.substring(line.indexOf('/'))))
                        .distinct()
                        .toList();
            }
        } finally {
            agent.destroy();
            agent.waitFor();
        }
    }

    @Test
    void namesAreUtf8InEveryLocale() throws Exception {
        Path config = directory.resolve("hde.yaml");
        Files.writeString(config, "host: {name: a}\npeers: {b: {address: b}}\n");
        assertThat(runBytes("hde uri --config " + config + " \"$(printf '\\303\\274')\" b"))
                .isEqualTo("virsh migrate --live --persistent --undefinesource 'ü' qemu+ssh://b/system --migrateuri "
                        + "unix:///run/hde/b/%C3%BC.sock\n"
                        + "# for disks that the hosts do not share, add: --copy-storage-all --disks-uri "
                        + "unix:///run/hde/b/%C3%BC-disk.sock\n");
    }

    /** Through the shell, because Java encodes arguments as the locale of the build happens to be. */
    private String runBytes(String script) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder("sh", "-c", "PATH=" + directory + ":$PATH; " + script);
        builder.environment().put("LC_ALL", "C");
        Process process = builder.start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).isZero();
        return out;
    }

    @Test
    void anImageIsComparedWithTheZstdProgram() throws Exception {
        Path image = directory.resolve("image");
        Path base = directory.resolve("base");
        byte[] memory = new byte[64 * 4096];
        for (int i = 0; i < memory.length; i++) {
            memory[i] = (byte) ((i * 31) >> 7);
        }
        Files.write(base, memory);
        memory[5] = 1;
        Files.write(image, memory);
        Path json = directory.resolve("json");

        Result result = run(
                directory.resolve("hde"),
                "bench",
                image.toString(),
                "--base=" + base,
                "--against=zstd,zstd-5",
                "--repeat=1",
                "--json=" + json);

        assertThat(result.status()).isZero();
        assertThat(result.out())
                .contains("zstd -3 --long=31 ", "zstd -5 --long=31 --patch-from", "zstd -1, one thread");
        assertThat(Files.readString(json)).contains("\"zstd1_mb_s\" : ").doesNotContain("\"zstd1_mb_s\" : null");
    }

    @Test
    void aMissingZstdProgramIsOneLine() throws Exception {
        Path image = Files.write(directory.resolve("image"), new byte[4096]);
        Path tools = Files.createDirectory(directory.resolve("tools"));
        Files.createSymbolicLink(tools.resolve("readlink"), Path.of("/usr/bin/readlink"));
        Files.createSymbolicLink(tools.resolve("java"), Path.of(System.getProperty("java.home"), "bin/java"));

        Result result = run(
                "/bin/sh",
                "-c",
                "PATH=" + tools + "; export PATH; exec " + directory.resolve("hde") + " bench " + image
                        + " --against=zstd");

        assertThat(result)
                .isEqualTo(new Result(
                        1, "", "hde: --against zstd needs the program zstd, which is not there: install it\n"));
    }

    @Test
    void withoutItsJarTheLauncherSaysSo() throws Exception {
        Files.delete(directory.resolve("hde.jar"));
        Result result = run(directory.resolve("hde"), "--version");
        assertThat(result.status()).isEqualTo(1);
        assertThat(result.err())
                .startsWith("hde: hde.jar is neither in " + directory)
                .hasLineCount(1);
    }

    @Test
    void theJarHoldsWhatIsNeededAtRunTime() throws Exception {
        try (JarFile jar = new JarFile(JAR.toFile())) {
            assertThat(jar.getManifest().getMainAttributes().getValue("Multi-Release"))
                    .isEqualTo("true");
            assertThat(jar.getEntry("META-INF/services/org.slf4j.spi.SLF4JServiceProvider"))
                    .isNotNull();
            assertThat(jar.getEntry("com/sun/jna/linux-x86-64/libjnidispatch.so"))
                    .isNotNull();
            assertThat(jar.stream().map(entry -> entry.getName()))
                    .anyMatch(name -> name.matches("linux/amd64/libzstd-jni.*\\.so"))
                    .noneMatch(name -> name.startsWith("win/") || name.endsWith("module-info.class"));
        }
    }
}
