package io.novacron.hde.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HexFormat;
import java.util.Locale;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoreKeyTest {
    private static final byte[] SECRET = "0123456789abcdefghijklmnopqrstuv".getBytes(StandardCharsets.US_ASCII);

    @TempDir
    private Path directory;

    private Path file;

    @BeforeEach
    void name() {
        file = directory.resolve("store.key");
    }

    private StoreKey read(byte[] content, String mode) throws IOException, StoreException {
        Files.write(file, content);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
        return StoreKey.read(file);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    @Test
    void bytesAndDigitsAreTheSameKey() throws Exception {
        byte[] expected = StoreKey.of(SECRET).derive(ascii("x"));
        String digits = HexFormat.of().formatHex(SECRET);
        for (String mode : new String[] {"rw-------", "r--------"}) {
            assertThat(read(SECRET, mode).derive(ascii("x"))).isEqualTo(expected);
        }
        for (String text : new String[] {digits, digits.toUpperCase(Locale.ROOT), digits + "\n", digits + "\r\n"}) {
            assertThat(read(ascii(text), "rw-------").derive(ascii("x"))).isEqualTo(expected);
        }
    }

    @Test
    void whatIsNoKeyIsRefusedWithTheWayToMakeOne() {
        String digits = HexFormat.of().formatHex(SECRET);
        for (byte[] content : new byte[][] {
            {},
            new byte[31],
            new byte[33],
            new byte[4096],
            ascii(digits + "0"),
            ascii(digits.replace('3', 'g')),
            ascii(digits + "\n\n"),
            ascii(digits.substring(2) + "\n\n")
        }) {
            assertThatThrownBy(() -> read(content, "rw-------"))
                    .isInstanceOf(StoreException.class)
                    .hasMessage(
                            "The key file " + file + " holds neither 32 bytes nor 64 hexadecimal digits; make one, as"
                                    + " root: (umask 077; head -c 32 /dev/urandom > " + file + ")");
        }
        assertThatThrownBy(() -> StoreKey.read(directory.resolve("none")))
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("none does not exist; make one, as root: (umask 077; head -c 32 /dev/urandom > ");
    }

    @Test
    void whatOthersMayUseIsRefused() {
        for (String mode : new String[] {"rw-r-----", "rw----r--", "rw-----w-", "r-------x"}) {
            assertThatThrownBy(() -> read(SECRET, mode))
                    .isInstanceOf(StoreException.class)
                    .hasMessageContaining("run chmod 600 " + file);
        }
    }

    @Test
    void onlyARegularFileOfRootIsAKey() throws Exception {
        read(SECRET, "rw-------");
        Path link = Files.createSymbolicLink(directory.resolve("link"), file);
        for (Path no : new Path[] {link, directory, Path.of("/dev/zero")}) {
            assertThatThrownBy(() -> StoreKey.read(no))
                    .isInstanceOf(StoreException.class)
                    .hasMessageContaining("is not a regular file");
        }
        Files.setAttribute(file, "unix:uid", 12345);
        assertThatThrownBy(() -> StoreKey.read(file))
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("belongs to the user with id 12345");
    }

    @Property(tries = 50)
    void everyPartAndTheSecretCount(@ForAll @Size(32) byte[] secret, @ForAll @Size(3) byte[] part) {
        byte[] derived = StoreKey.of(secret).derive(part);
        assertThat(derived).hasSize(32);
        byte[] other = part.clone();
        other[1] ^= 1;
        assertThat(StoreKey.of(secret).derive(other)).isNotEqualTo(derived);
        byte[] otherSecret = secret.clone();
        otherSecret[31] ^= 1;
        assertThat(StoreKey.of(otherSecret).derive(part)).isNotEqualTo(derived);
    }
}
