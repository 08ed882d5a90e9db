package io.novacron.hde.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The guests' proof is worth nothing unless the checking program sees a wrong byte. */
class CheckProgramIT {
    private static final Pattern HOLDING = Pattern.compile("check: holding (\\d+) pages at 0x([0-9a-f]+)");
    private static final int PAGE = 4096;

    @Test
    void oneChangedBitIsSeenAndEachOfItsRoundsSaysSo() throws Exception {
        Process process = new ProcessBuilder(program(), "7", "4", "0", "50", "20").start();
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.US_ASCII))) {
            Matcher holding = HOLDING.matcher(lines.readLine());
            assertThat(holding.matches()).isTrue();
            assertThat(holding.group(1)).isEqualTo("1024");
            assertThat(lines.readLine()).isEqualTo("check: round 1: 1024 pages ok");

            flipBit(process.pid(), Long.parseLong(holding.group(2), 16) + 321L * PAGE + 1000);

            String line = lines.readLine();
            while (line.endsWith("ok")) {
                line = lines.readLine();
            }
            assertThat(line).startsWith("check: WRONG page 321 version 0: first wrong word at byte 1000,");
            assertThat(lines.readLine()).matches("check: round \\d+: 1024 pages, 1 WRONG");
            assertThat(lines.readLine()).startsWith("check: WRONG page 321 ");
        } finally {
            process.destroyForcibly().waitFor();
        }
    }

    @Test
    void rewritingKeepsAllRight() throws Exception {
        Process process = new ProcessBuilder(program(), "7", "4", "1024", "50", "100").start();
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.US_ASCII))) {
            assertThat(lines.readLine()).startsWith("check: holding");
            for (int round = 1; round <= 10; round++) {
                assertThat(lines.readLine()).isEqualTo("check: round " + round + ": 1024 pages ok");
            }
        } finally {
            process.destroyForcibly().waitFor();
        }
    }

    private static void flipBit(long pid, long address) throws Exception {
        try (RandomAccessFile memory = new RandomAccessFile("/proc/" + pid + "/mem", "rw")) {
            memory.seek(address);
            int old = memory.read();
            memory.seek(address);
            memory.write(old ^ 1);
        }
    }

    private static String program() throws Exception {
        Lab.build(Lab.project());
        try (var builds = Files.newDirectoryStream(Lab.project().resolve(".lab/cache"), "boot-*")) {
            for (Path build : builds) {
                if (Files.isDirectory(build)) {
                    return build.resolve("check").toString();
                }
            }
        }
        throw new LabException("lab: the checking program was not built");
    }
}
